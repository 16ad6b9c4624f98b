"""What the API takes and answers about the e-stop; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.estop.actions import LONGEST
from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text


class Press(Body):
    """What to stop and why."""

    system = Text(
        required=False, allow_null=True, default=None, max_length=80, help_text="a system's name; null: everything"
    )
    reason = Text(max_length=LONGEST)


class Lift(Body):
    """Why it is safe to go on."""

    reason = Text(max_length=LONGEST)


class StopQuery(Query):
    state = Choice(["in_force", "lifted"], required=False, allow_blank=True)


class Stop(Record):
    """One press of the button."""

    id = serializers.UUIDField()
    system = Text(allow_null=True, help_text="null: everything in the tenant")
    is_in_force = Flag()
    reason = Text()
    stopped_at = Instant()
    stopped_by = Text()
    lifted_at = Instant(allow_null=True)
    lifted_by = Text(allow_blank=True)
    lifted_because = Text(allow_blank=True)
