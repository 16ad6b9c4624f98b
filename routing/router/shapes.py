"""What the API takes and answers about routing; the schema is read off it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text, Whole
from routing.router.actions import LONGEST, MOST_ALTERNATIVES
from routing.router.choosing import TEXT_LENGTH
from routing.router.ranking import Source

LONGEST_NAME = 200


def _alternatives(**options: Any) -> serializers.ListField:
    child = Text(max_length=LONGEST_NAME)
    return serializers.ListField(child=child, max_length=MOST_ALTERNATIVES, help_text="asked in this order", **options)


def _ratio(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=5, decimal_places=4, min_value=0, max_value=1, **options)


class NewRule(Body):
    """Requests like `pattern` go to `system`."""

    pattern = Text(max_length=LONGEST)
    system = Text(max_length=LONGEST_NAME)
    alternatives = _alternatives(required=False, default=list)
    action = Text(
        required=False, default="", allow_blank=True, max_length=200, help_text="empty: by the request's words"
    )
    confidence = _ratio(required=False, default="1", help_text="above 0; weighs how alike a request is")


class RuleChange(Body):
    """What is given changes; the rest stays."""

    pattern = Text(max_length=LONGEST, required=False)
    system = Text(max_length=LONGEST_NAME, required=False)
    alternatives = _alternatives(required=False)
    action = Text(required=False, allow_blank=True, max_length=200)
    confidence = _ratio(required=False)


class Switch(Body):
    """On or off."""

    is_active = Flag()


class RuleQuery(Query):
    q = Text(required=False, help_text="words of the pattern or the action")
    system = Text(required=False)
    state = Choice(("on", "off"), required=False)
    origin = Choice(("people", "learned"), required=False)


class Rule(Record):
    """A routing rule."""

    id = serializers.UUIDField()
    pattern = Text()
    system = Text()
    alternatives = serializers.ListField(child=Text())
    action = Text(allow_blank=True)
    confidence = _ratio()
    is_active = Flag()
    is_learned = Flag(help_text="made from executions, not by a person")
    is_embedded = Flag(help_text="requests are compared with it already")
    based_on_executions = Whole()
    success_rate = _ratio(allow_null=True)
    avg_cost_usd = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    avg_duration_ms = Whole(allow_null=True)
    created_at = Instant()
    created_by = Text(allow_blank=True)
    updated_at = Instant()
    updated_by = Text(allow_blank=True)


class Request(Body):
    """A request to find the agent for. Nothing is kept and nothing is done."""

    text = Text(max_length=TEXT_LENGTH)
    action = Text(required=False, default="", allow_blank=True, max_length=200)
    system = Text(
        required=False, default="", allow_blank=True, max_length=LONGEST_NAME, help_text="the one that must do it"
    )


class Veto(Record):
    """Why a candidate does not get the request."""

    code = Text(help_text="below_threshold, status, estop, drift, policy, no_fallback, unreachable, budget")
    sentence = Text()


class Predicted(Record):
    """What it will probably cost."""

    cost_usd = serializers.DecimalField(max_digits=18, decimal_places=6)
    duration_ms = Whole(allow_null=True)
    taken_from = Choice(("rule", "system"), help_text="whose past requests")


class Candidate(Record):
    """A system that was considered."""

    system_id = serializers.UUIDField()
    name = Text()
    score = serializers.FloatField(min_value=0, max_value=1)
    source = Choice([source.value for source in Source])  # type: ignore[assignment]
    cosine = serializers.FloatField(help_text="of the request with the rule's pattern or the system's capabilities")
    rule_id = serializers.UUIDField(allow_null=True)
    place = Whole(help_text="0: what the rule recommends; then its alternatives")
    action = Text()
    outcome = Text(allow_blank=True, help_text="of the verdict; empty where none was asked for")
    vetoes = Veto(many=True)
    predicted = Predicted(allow_null=True)


class Route(Record):
    """Who gets a request, and why not the others."""

    chosen = Text(allow_null=True)
    sentence = Text()
    confidence = serializers.FloatField(min_value=0, max_value=1)
    threshold = serializers.FloatField(min_value=0, max_value=1)
    is_in_scope = Flag(help_text="false also where only the fallback system takes it")
    rule = Text(allow_blank=True, help_text="the pattern that decided")
    router = Text(allow_blank=True, help_text="whose constitution was obeyed")
    max_retries = Whole()
    fallback_delay_ms = Whole(help_text="how long after one system failed the next is asked")
    model = Text(help_text="that the vectors are of")
    candidates = Candidate(many=True)
