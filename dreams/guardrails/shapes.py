"""What the API takes and answers about guardrails; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from dreams.guardrails.models import State
from dreams.guardrails.triggers import DAYS, LEAST, Reaction, Trigger
from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole


class WatchQuery(Query):
    state = Choice([*State.values, "open"], required=False)
    system = Text(required=False)


class Watch(Record):
    """One amendment under its guardrails."""

    amendment = Text()
    system = Text()
    state = Choice(State.values)
    begins_at = Instant()
    ends_at = Instant()
    because = Text(allow_blank=True)
    trigger = Text(allow_blank=True)
    took_seconds = serializers.FloatField(
        allow_null=True, help_text="from the observation that crossed the line to what TARS did"
    )


class Guarded(Record):
    trigger = Choice([one.value for one in Trigger])
    before = Text(allow_blank=True)
    after = Text(allow_blank=True)
    line = Text(allow_blank=True)
    count = Whole()
    least = Whole()
    reaction = Text()
    cannot = Text(allow_blank=True, help_text="why it is not judged; empty where it is")
    has_fired = Flag()


class WholeWatch(Watch):
    looked_at = Instant(allow_null=True)
    closed_at = Instant(allow_null=True)
    closed_by = Text(allow_blank=True)
    crossing = Object(allow_null=True, help_text="what fired, as the ledger has it")
    triggers = Guarded(many=True)


class Reasoned(Body):
    reason = Text(max_length=1_000)


class Extension(Reasoned):
    days = Whole(min_value=1, max_value=DAYS.stop - 1)


class TriggerRule(Body):
    reaction = Choice([one.value for one in Reaction])
    margin = serializers.FloatField(min_value=0, max_value=10, help_text="points of a rate; for cost a share of it")
    least = Whole(min_value=LEAST.start, max_value=LEAST.stop - 1)
    is_on = Flag()


class TriggerRules(Body):
    """A trigger that is not given stays."""

    success_drop = TriggerRule(required=False)
    violation = TriggerRule(required=False)
    satisfaction_drop = TriggerRule(required=False)
    cost_spike = TriggerRule(required=False)


class SettingsChange(Reasoned):
    days = Whole(required=False, min_value=DAYS.start, max_value=DAYS.stop - 1)
    rules = TriggerRules(required=False)


class Settings(Record):
    """How amendments are watched; it holds for those applied later."""

    days = Whole()
    rules = Object(help_text="{trigger: {reaction, margin, least, is_on}}")
    updated_at = Instant(allow_null=True)
    updated_by = Text(allow_blank=True)
