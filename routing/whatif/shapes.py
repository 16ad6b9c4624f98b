"""What the API takes and answers about what would have happened; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Instant, Object, Record, Text, Whole
from routing.whatif.asked import LONGEST, LONGEST_DAYS, MOST_ADDED, MOST_OFF, USUAL_DAYS


class AddedRule(Body):
    """A rule that is not written yet."""

    text = Text(max_length=LONGEST)
    system = Text(max_length=200)


class Question(Body):
    """What is changed in thought; at least one of the members after `days`."""

    days = Whole(required=False, default=USUAL_DAYS, min_value=1, max_value=LONGEST_DAYS)
    threshold = serializers.FloatField(required=False, allow_null=True, default=None, min_value=0, max_value=1)
    off = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MOST_OFF, help_text="rules that are off"
    )
    added = serializers.ListField(child=AddedRule(), required=False, default=list, max_length=MOST_ADDED)
    amendment = Whole(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=10**9,
        help_text="the number of an open one",
    )
    constitution = Object(required=False, allow_null=True, default=None, help_text="the router's, whole")


class Attach(Body):
    """Which amendment."""

    amendment = Whole(min_value=1, max_value=10**9, help_text="its number; it is your own and open")


class WhatIf(Record):
    """A question and what became of it."""

    id = serializers.UUIDField()
    state = Text(help_text="of the job: queued, running, done, cancelled, dead")
    title = Text()
    error = Text(allow_blank=True)
    asked = Object()
    created_at = Instant()
    requested_by = Text()
    digest = Text(allow_blank=True, help_text="of the result as a file; empty while there is none")
    result = Object(allow_null=True, help_text="coverage first; null until the replay is done (docs/what-if.md)")


class Line(Record):
    """A question in the list."""

    id = serializers.UUIDField()
    state = Text()
    title = Text()
    sentence = Text(allow_blank=True)
    created_at = Instant()
    requested_by = Text()


class Attached(Record):
    """The amendment that the result is evidence of now."""

    amendment = Text()
    revision = Whole()
    digest = Text(help_text="of the file")
