"""What the API takes and answers about what people do to nights; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from dreams.cycles.choices import ALPHA, CANDIDATES, MOST_BUDGET, PRIMARIES, WINDOW_HOURS
from dreams.cycles.models import State
from dreams.cycles.planning import SEEDS
from dreams.cycles.wishes import NOTE_LENGTH
from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole

_PRIMARIES = [one.value for one in PRIMARIES]


class OfSystem(Query):
    system = Text(required=False)


class Reasoned(Body):
    reason = Text(max_length=1_000)


class NewNight(Body):
    system = Text()
    starts_at = Instant(required=False, help_text="now where it is not given")
    hours = Whole(required=False, min_value=WINDOW_HOURS.start, max_value=WINDOW_HOURS.stop - 1)
    seed = Whole(required=False, min_value=0, max_value=SEEDS.stop - 1)


class PlannedNight(Record):
    """A night and its plan's digest."""

    cycle_id = Text()
    system = Text()
    state = Choice(State.values)
    starts_at = Instant()
    deadline_at = Instant()
    planned_by = Text()
    plan_digest = Text()
    most_runs = Whole(help_text="runs if nobody stops early")
    stopped_because = Text(allow_blank=True)
    url = Text()


class Proposed(Record):
    amendment = Text(help_text="AMD-42")
    state = Text()
    url = Text()


class Wished(Record):
    """A test that somebody asked for."""

    id = serializers.UUIDField()
    system = Text()
    changes = Object(help_text="{pointer: value}")
    sentence = Text()
    asked_by = Text()
    asked_at = Instant()
    withdrawn_at = Instant(allow_null=True)


class NewWish(Body):
    system = Text()
    changes = Object(help_text="one to five places: {pointer: value}")
    note = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class BarredChange(Record):
    """What no dream tries again."""

    id = serializers.UUIDField()
    system = Text()
    changes = Object()
    because = Text()
    by = Text()
    at = Instant()


class AimChange(Body):
    """What a system's nights try to improve; shares of 1."""

    is_on = Flag(required=False)
    primary = Choice(_PRIMARIES, required=False)
    minimum_effect = serializers.FloatField(required=False, min_value=0, max_value=1)
    planned_effect = serializers.FloatField(required=False, min_value=0, max_value=1)


class NightsChange(Reasoned):
    """What is not given stays."""

    is_on = Flag(required=False)
    window_hour = Whole(
        required=False, allow_null=True, min_value=0, max_value=23, help_text="UTC; null: the quietest hours"
    )
    window_hours = Whole(required=False, min_value=WINDOW_HOURS.start, max_value=WINDOW_HOURS.stop - 1)
    budget_usd = serializers.DecimalField(
        required=False, min_value=0, max_value=MOST_BUDGET, max_digits=12, decimal_places=6
    )
    most_candidates = Whole(required=False, min_value=CANDIDATES.start, max_value=CANDIDATES.stop - 1)
    alpha = serializers.FloatField(required=False, min_value=ALPHA[0], max_value=ALPHA[1])
    proposes = Flag(required=False)
    aims = Object(
        required=False, help_text="{system: {is_on, primary, minimum_effect, planned_effect}}; what is not given stays"
    )


class Nights(Record):
    """How nights go, and when the next is."""

    is_on = Flag()
    window_hour = Whole(allow_null=True)
    window_hours = Whole()
    budget_usd = Text()
    most_candidates = Whole()
    alpha = serializers.FloatField()
    proposes = Flag()
    aims = Object(help_text="by system, for those that differ from the usual")
    next_from = Instant()
    next_until = Instant()
    updated_at = Instant(allow_null=True)
    updated_by = Text(allow_blank=True)


class Frozen(Record):
    """A request that every night of a system tries."""

    execution_id = serializers.UUIDField()
    kind = Text(allow_blank=True)
    text = Text(allow_blank=True, help_text="empty where its words are gone")
    added_by = Text()
    added_at = Instant()
    last_different_in = Text(allow_null=True)
    last_different_at = Instant(allow_null=True)


class FrozenSet(Record):
    system = Text()
    most = Whole()
    requests = Frozen(many=True)


class Execution(Body):
    execution_id = serializers.UUIDField()


class Place(Record):
    """A place that is declared tunable."""

    pointer = Text()
    bounds = Object()
    today = Anything(allow_null=True, help_text="null where nothing is stated")
    tries = serializers.ListField(child=Anything())
    stuck = Text(allow_blank=True, help_text="why no dream can move it; empty where one can")


class Bounds(Record):
    system = Text()
    constitution_version = Whole()
    places = Place(many=True)
    protected = serializers.ListField(child=Text())
    why_not = Text(allow_blank=True, help_text="why no night may begin now; empty where one may")
