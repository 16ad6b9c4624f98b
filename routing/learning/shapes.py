"""What the API takes and answers about learned rules; the schema is read off it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from routing.learning.actions import WORDS
from routing.learning.models import State
from routing.learning.settings import LEAST_SIMILAR, LIKENESS


def _ratio(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=5, decimal_places=4, min_value=0, max_value=1, **options)


def _dollars() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)


class Acceptance(Body):
    revision = Whole(
        required=False,
        default=None,
        allow_null=True,
        min_value=1,
        help_text="the one that was looked at; null: as it stands",
    )


class Refusal(Body):
    because = Text(max_length=WORDS, help_text="why")


class LearnedQuery(Query):
    state = Choice(State.values, required=False)


class Ranked(Record):
    """One system's record with these requests; the recommended one is first."""

    system = Text()
    executions = Whole()
    success_rate = _ratio()
    confidence = _ratio(help_text="95 % lower bound of what it does well, by stars, disputes and age")
    avg_cost_usd = _dollars()
    avg_duration_ms = Whole(allow_null=True)
    avg_stars = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    rated = Whole()
    disputed = Whole()
    corrected = Whole(required=False, help_text="people would have given these to another system")
    named = Whole(required=False, help_text="it was not asked: people would have given these to it")
    reason = Text()


class Learned(Record):
    """A rule that history speaks for, and what became of it."""

    id = serializers.UUIDField()
    state = Choice(State.values)
    pattern = Text(help_text="one of the requests, the most typical")
    system = Text()
    alternatives = serializers.ListField(child=Text())
    action = Text(allow_blank=True)
    based_on_executions = Whole(help_text="the newest, from which the figures are")
    seen = Whole(help_text="how many alike there were")
    confidence = _ratio()
    explanation = Text()
    revision = Whole()
    ranking = Ranked(many=True)
    examples = serializers.ListField(child=serializers.UUIDField(), help_text="executions")
    rule_id = serializers.UUIDField(allow_null=True)
    is_rule_on = Flag()
    proposed_at = Instant()
    updated_at = Instant()
    decided_at = Instant(allow_null=True)
    decided_by = Text(allow_blank=True)
    because = Text(allow_blank=True)


class SettingsChange(Body):
    """What is given changes; the rest stays."""

    least_similar = Whole(required=False, min_value=LEAST_SIMILAR.start, max_value=LEAST_SIMILAR.stop - 1)
    likeness = serializers.DecimalField(
        required=False, max_digits=3, decimal_places=2, min_value=LIKENESS[0], max_value=LIKENESS[1]
    )
    is_automatic = Flag(required=False)


class Learning(Record):
    """How rules are learned, and what the last night did."""

    least_similar = Whole()
    likeness = serializers.DecimalField(max_digits=3, decimal_places=2)
    is_automatic = Flag()
    waiting = Whole(help_text="proposals that wait for a review")
    ran_at = Instant(allow_null=True)
    report = Object()
    model = Text(help_text="the installation's embedder")
    former_model = Text(
        allow_blank=True, help_text="what serves until everything is embedded anew; empty: nothing is switched"
    )
    switched = Whole(help_text="rules and systems that have a vector of `model`")
    to_switch = Whole()
