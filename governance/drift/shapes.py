"""What the API takes and answers about drift states; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.drift.actions import LONGEST
from governance.drift.metrics import METRICS
from governance.drift.models import DriftWord
from governance.rest import Body, Choice, Instant, Query, Record, Text, Whole


class NewState(Body):
    """The state the system is in from now on, and why."""

    state = Choice(DriftWord.values)
    reason = Text(max_length=LONGEST)


class Reason(Body):
    """Why; it stands on the ledger."""

    reason = Text(max_length=LONGEST)


class Run(Reason):
    """A run of the canonical scenarios."""

    run = serializers.UUIDField(help_text="its id, as /api/v1/elicitations/ says it")


class Which(Reason):
    """One metric, or all of them."""

    metric = Choice(sorted(METRICS), required=False, allow_blank=True, default="")


class Armed(Record):
    """How many metrics learn anew."""

    metrics = Whole()


class DriftQuery(Query):
    state = Choice(DriftWord.values, required=False, allow_blank=True)


class Line(Record):
    """Where one system stands."""

    system = Text()
    state = Choice(DriftWord.values)
    since = Instant()
    score = serializers.FloatField()
    metric = Text(allow_blank=True, help_text="the metric that the score is of")
    changed_by = Text(allow_blank=True)
    reason = Text(allow_blank=True)


class Measure(Record):
    """One metric of one system; what was found is null before its first look."""

    name = Choice(sorted(METRICS))
    detector = Text(allow_blank=True)
    score = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    n = Whole()
    baseline = Whole(help_text="decisions in it")
    baseline_since = Instant()
    armed_at = Instant()
    fired_at = Instant(allow_null=True)
    seen_at = Instant()


class Score(Record):
    """One look."""

    at = Instant()
    score = serializers.FloatField()
    metric = Text(allow_blank=True)
    detector = Text(allow_blank=True)
    state = Choice(DriftWord.values)


class Measured(Record):
    """What is measured of a system, and the latest looks, oldest first."""

    metrics = Measure(many=True)
    scores = Score(many=True)


class Ahead(Record):
    """An edge out of the state; `at` where only time is missing."""

    cause = Text()
    state = Choice(DriftWord.values)
    at = Instant(allow_null=True)


class Standing(Record):
    """Where a system stands."""

    system = Text()
    state = Choice(DriftWord.values)
    since = Instant()
    reason = Text(allow_blank=True)
    changed_by = Text(allow_blank=True, help_text="empty while nobody and nothing ever moved it")
    cause = Text(allow_blank=True, help_text="the machine's edge that led here; empty: set by hand, or never moved")
    score = serializers.FloatField(help_text="the latest drift score; above 1 warns, above 1.3 is critical")
    next = Ahead(many=True, help_text="what may happen next")
