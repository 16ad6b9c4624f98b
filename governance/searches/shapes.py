"""What the API takes and answers about saved searches; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text
from governance.searches.actions import LONGEST_NAME
from governance.searches.kept import LONGEST
from governance.searches.models import PAGES


class SearchQuery(Query):
    page = Choice(PAGES, required=False, help_text="the list page it belongs to")


class Wish(Body):
    """The filters of a list page under a name; one's own search of that name is replaced."""

    page = Choice(PAGES)
    name = Text(max_length=LONGEST_NAME)
    query = Text(
        max_length=LONGEST, help_text="as it stands in the page's address, such as state=open&type=manual_update"
    )
    is_shared = Flag(required=False, default=False)
    is_default = Flag(required=False, default=False)


class Change(Body):
    """What to change of it."""

    name = Text(required=False, max_length=LONGEST_NAME)
    is_shared = Flag(required=False)
    is_default = Flag(required=False)


class Search(Record):
    id = serializers.UUIDField()
    page = Choice(PAGES)
    name = Text()
    query = Text()
    url = Text(help_text="the page's address with these filters")
    is_mine = Flag()
    is_shared = Flag()
    is_default = Flag()
    owner = Text()
    created_at = Instant()


class Found(Record):
    results = Search(many=True)
