"""What the API takes and answers about ageing; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from routing.lifecycle.ages import STATES
from routing.lifecycle.forms import LONGEST
from routing.lifecycle.models import HoldOn


class ArchiveFile(Record):
    """One archive file. `away` of its rows are nowhere else."""

    id = serializers.UUIDField()
    name = Text()
    at = Instant()
    digest = Text()
    bytes = Whole()
    rows = Whole()
    away = Whole()
    ledger_sequence = Whole(allow_null=True)
    checked_at = Instant(allow_null=True, help_text="when it was last read back")
    fault = Text(allow_blank=True, help_text="what was found then; empty: nothing")
    destroyed_at = Instant(allow_null=True)
    certificate = Whole(allow_null=True, help_text="the ledger entry that certifies its destruction")


class Standing(Record):
    """Where a system is on its way."""

    state = Choice(list(STATES))
    since = Instant()
    next_state = Text(allow_blank=True)
    next_at = Instant(allow_null=True)
    why = Text()


class SystemAge(Record):
    """One system, and how many of its executions are in each state."""

    system = Text(allow_blank=True, help_text="empty: executions without a system")
    standing = Standing(allow_null=True)
    counts = Object()
    kept_for = Text()
    is_held = Flag()


class AgeingQuery(Query):
    exact = serializers.BooleanField(
        required=False, default=False, help_text="count the executions themselves, not their sums"
    )


class Ageing(Record):
    """Where everything is, and what the next seven days move. The counts are exact at `as_of`."""

    as_of = Instant()
    exact = Flag(help_text="whether the executions themselves were counted")
    retention_years = Whole()
    counts = Object()
    soon = Object(help_text="counted as far as 1,000; 1,001 stands for more")
    systems = SystemAge(many=True)


class Checked(Record):
    """What reading the files back has found."""

    is_whole = Flag()
    files = Whole()
    rows = Whole()
    faults = serializers.ListField(child=Text())
    strays = serializers.ListField(child=Text(), help_text="files that no archive names; they harm nothing")


class Restored(Record):
    """An execution that is here again."""

    id = serializers.UUIDField()
    lifecycle_state = Choice(list(STATES))
    follow = Text(help_text="its record")


class HoldWish(Body):
    """What is held: one system, one execution, or (neither named) everything."""

    system = Text(required=False, default="", allow_blank=True, max_length=200)
    execution_id = serializers.UUIDField(required=False, default=None, allow_null=True)
    reason = Text(max_length=LONGEST)


class Why(Body):
    """Why."""

    reason = Text(max_length=LONGEST)


class HoldQuery(Query):
    state = Choice(["in_force", "released"], required=False, allow_blank=True)


class Hold(Record):
    """One legal hold."""

    id = serializers.UUIDField()
    kind = Choice(HoldOn.values)
    system = Text(allow_null=True)
    execution_id = serializers.UUIDField(allow_null=True)
    reason = Text()
    placed_at = Instant()
    placed_by = Text()
    released_at = Instant(allow_null=True)
    released_by = Text(allow_blank=True)
    released_because = Text(allow_blank=True)


class Due(Record):
    """What may be destroyed now. `digest` names exactly these rows; destroying asks for it."""

    rows = Whole()
    bytes = Whole()
    held = Whole()
    more = Whole(help_text="due too, for the next time")
    digest = Text(allow_blank=True)


class Prune(Body):
    """Destroy what `digest` names; a person confirms it with their password or code."""

    digest = Text(max_length=100)
    reason = Text(max_length=LONGEST)
    password = Text(required=False, default="", allow_blank=True, max_length=200)


class Pruned(Record):
    """What was destroyed."""

    rows = Whole()
    files = Whole()
    held = Whole()
    certificate = Whole(help_text="the ledger entry")


class OldSystem(Record):
    """An archived system whose retention is over. `keeps`: why it stays all the same; empty: it may be destroyed."""

    system = Text()
    type = Text()
    created_at = Instant()
    archived_at = Instant()
    version = Whole(help_text="of its constitution, which stays")
    executions = Whole(help_text="destroyed before; their rows stay")
    digest = Text(help_text="of what would be destroyed")
    keeps = serializers.ListField(child=Text())


class DueSystems(Record):
    """Systems whose retention is over. `digest` names exactly the `rows` that may be destroyed; destroying asks for it."""

    rows = Whole()
    digest = Text(allow_blank=True)
    systems = OldSystem(many=True)


class PrunedSystems(Record):
    """What was destroyed."""

    systems = serializers.ListField(child=Text())
    certificate = Whole(help_text="the ledger entry")


class RetentionQuery(Query):
    years = serializers.IntegerField(required=False, min_value=1, max_value=100, help_text="a dry run of so many")


class Retention(Record):
    """What a retention does or would do. It destroys nothing by itself."""

    years = Whole()
    was = Whole()
    moves = Whole()
    due = Whole(help_text="what a person could destroy at once that they cannot now")
    held = Whole()
    stays = Whole(help_text="nothing changes for these")
    sentence = Text()


class NewRetention(Body):
    """For how many years what is archived is kept; a person confirms it with their password or code."""

    years = serializers.IntegerField(min_value=1, max_value=100)
    reason = Text(max_length=LONGEST)
    password = Text(required=False, default="", allow_blank=True, max_length=200)
