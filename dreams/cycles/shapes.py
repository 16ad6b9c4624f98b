"""What the API answers about nights; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from dreams.cycles.models import State
from dreams.cycles.pairs import SHOWN
from dreams.verdict.observed import Part
from dreams.verdict.rules import Verdict
from governance.rest import Choice, Flag, Instant, Object, Query, Record, Text, Whole

VERDICTS = ["", *(one.value for one in Verdict)]


class NightQuery(Query):
    state = Choice([*State.values, "won"], required=False, help_text="won: it found something")
    system = Text(required=False)


class PairQuery(Query):
    part = Choice([one.value for one in Part], required=False)
    show = Choice(SHOWN, required=False)


class Night(Record):
    """One night of one system. `tried` leaves the dummy out."""

    night = Text()
    system = Text()
    state = Choice(State.values)
    starts_at = Instant()
    deadline_at = Instant()
    ended_at = Instant(allow_null=True)
    tried = Whole()
    won = Whole()
    in_production = Whole()
    runs = Whole()
    most_runs = Whole()
    spent_usd = Text()
    stop_code = Text(allow_blank=True)
    stopped_because = Text(allow_blank=True)


class Guardrail(Record):
    metric = Text()
    margin = Text()
    found = Text(allow_blank=True)
    standing = Text()


class Dream(Record):
    """One dream. Gains are shares of 1, above 0 where the dream is better; the bounds hold at every look."""

    id = Text()
    number = Whole()
    is_dummy = Flag()
    origin = Text()
    why_tried = Text()
    sentence = Text()
    verdict = Choice(VERDICTS, allow_blank=True)
    rule = Text(allow_blank=True)
    because = Text(allow_blank=True)
    gain = serializers.FloatField(allow_null=True)
    gain_low = serializers.FloatField(allow_null=True)
    gain_high = serializers.FloatField(allow_null=True)
    pairs_seen = Whole()
    pairs_held_out = Whole()
    cost_usd = Text(allow_null=True)
    guardrails = Guardrail(many=True)
    amendment = Text(allow_null=True)
    promoted_at = Instant(allow_null=True)
    not_proposed_because = Text(allow_blank=True)


class Report(Night):
    started_at = Instant(allow_null=True)
    plan_digest = Text()
    plan = Object(allow_null=True, help_text="the plan, with `is_whole`: its stored bytes have the digest")
    dreams = Dream(many=True)


class WholeDream(Dream):
    mutations = Object(help_text="{pointer: value}")
    normal_output = Object(allow_null=True)
    dream_output = Object(allow_null=True)
    outcome = Object(help_text="every number that the verdict rests on")


class Pair(Record):
    """One request on both sides; words are empty once the request was destroyed."""

    request_key = Text()
    execution_id = Text(allow_null=True)
    request = Text(allow_blank=True)
    part = Choice([one.value for one in Part])
    kind = Text(allow_blank=True)
    is_destroyed = Flag()
    differs = serializers.ListField(child=Text())
    similarity = serializers.FloatField(allow_null=True)
    normal = Object(allow_null=True)
    dream = Object()


class Share(Record):
    """A share with its exact 95 % interval; null where there is nothing to count."""

    count = Whole()
    total = Whole()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class Week(Record):
    week = Text(help_text="its Monday")
    total_dreams = Whole()
    promoted = Whole()
    promotion_rate = serializers.FloatField(allow_null=True, help_text="per cent")
    promotions_applied = Whole()
    promotions_kept = Whole()


class Rates(Record):
    first = Text()
    last = Text()
    weeks = Week(many=True)
    kept = Share(help_text="promotions that were not rolled back, of those applied")
    dummies = Share(help_text="dummies that won, of those judged: the realised rate of false promotions")
    false_promotions = serializers.ListField(child=Text())
