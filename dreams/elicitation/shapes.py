"""What the API takes and answers about scenarios and their runs; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from dreams.elicitation.scenario import Kind
from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole


class ItemQuery(Query):
    kind = Choice([one.value for one in Kind], required=False, allow_blank=True)
    domain = Text(required=False, allow_blank=True)
    system = Text(required=False, allow_blank=True)
    state = Choice(["active", "off"], required=False, allow_blank=True)
    q = Text(required=False, allow_blank=True, max_length=200)


class Item(Record):
    """A scenario or a pair. `version` 0: it ships with TARS and nobody changed it."""

    kind = Choice([one.value for one in Kind])
    key = Text()
    is_active = Flag()
    version = Whole()
    can_undo = Flag()
    updated_at = Instant(allow_null=True)
    updated_by = Text(allow_blank=True)
    content = Object()


class NewItem(Body):
    """What stands under the key from now on; docs/re-elicitation.md says what `content` holds."""

    content = Object()
    is_active = Flag(required=False, default=True)
    reason = Text(max_length=1_000)


class Reasoned(Body):
    reason = Text(max_length=1_000)


class RunQuery(Query):
    system = Text(required=False, allow_blank=True)
    outcome = Choice(["passed", "failed"], required=False, allow_blank=True)


class Run(Record):
    """What a system answered, in figures."""

    id = serializers.UUIDField()
    system = Text()
    at = Instant()
    version = Whole(help_text="of the constitution")
    constitution = Text()
    law = Text(allow_blank=True)
    asked = Whole(help_text="scenarios")
    as_expected = Whole()
    checks = Whole(help_text="of all parts")
    agreed = Whole()
    left_out = Whole()
    is_passed = Flag()
    requested_by = Text()
    digest = Text()


class WholeRun(Run):
    stale = Text(allow_blank=True, help_text="why it says nothing about today; empty where it does")
    counts = Flag(help_text="whether 20 scenarios or more were asked")
    why = Anything(help_text="what keeps it from passing, a sentence each")
    parts = Object()
    left_out_items = Anything()
    results = Anything(help_text="every check")
