"""What the API says about budgets; the schema is read off it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.budgets.models import AlertLevel, HoldState, Measure, ResourceType, TopUpState, WindowType
from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole


class Forecast(Record):
    """When it runs out if the window goes on at its pace so far; nine of ten between the two others. Null: not in this window."""

    exhausted_at = Instant(allow_null=True)
    earliest = Instant(allow_null=True)
    latest = Instant(allow_null=True)


class Resource(Record):
    """A budget of one type for one window. Amounts are decimal text: total = used + reserved + available."""

    id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    window_start = Instant()
    window_end = Instant()
    total_budget = Text()
    used = Text()
    reserved = Text()
    available = Text()
    alert_threshold = Text()
    is_current = Flag()
    is_limit = Flag(help_text="false: it counts what is used and limits nobody; its total means nothing")
    forecast = Forecast(allow_null=True, help_text="null: nothing can be said, or it does not run")


class Part(Record):
    """What was charged from one moment to the next."""

    starts_at = Instant()
    used = Text()


class Share(Record):
    """What one system has of a budget. `quota` null: limited by the budget alone."""

    system = Text()
    used = Text()
    reserved = Text()
    quota = Text(allow_null=True)


class OneResource(Resource):
    """A budget with the charges of its window in time, and the systems that have a share of it."""

    parts = Part(many=True)
    systems = Share(many=True)


class Window(Record):
    """An earlier, or this, window of the same kind."""

    id = serializers.UUIDField()
    window_start = Instant()
    window_end = Instant()
    total_budget = Text()
    used = Text()
    reserved = Text()
    available = Text()
    is_limit = Flag()


class AlertQuery(Query):
    level = Choice(AlertLevel.values, required=False, allow_blank=True)


class Alert(Record):
    """That people were told, once per window and level, of a budget or of one system's quota of it."""

    id = serializers.UUIDField()
    resource_id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    window_end = Instant()
    system = Text(allow_blank=True, help_text='"": the budget itself')
    level = Choice(AlertLevel.values)
    committed = Text(help_text="spent and held then")
    exhausted_at = Instant(allow_null=True)
    at = Instant()


class SystemShare(Record):
    """What a system has of one running budget, and who limits it."""

    resource_id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    window_end = Instant()
    used = Text()
    reserved = Text()
    quota = Text(allow_null=True)
    limited_by = Choice(["constitution", "plan", ""], allow_blank=True, help_text='"": the budget alone')


class SystemBudgets(Record):
    """A system's shares of the running budgets, and what one call of it sets aside where its cost is not known."""

    system = Text()
    open_holds = Whole()
    maximums = Object(help_text="declared with its connector, as people read it")
    shares = SystemShare(many=True)


class SystemUse(Record):
    """What a system took of the running windows, spent and held together, as people read it; the dearest first."""

    system = Text()
    taken = Object()
    open_holds = Whole()
    fullest_quota = Text(allow_null=True, help_text="what is spent or held of its fullest quota, 0 to 1")


class SystemUses(Record):
    """The dearest first."""

    results = SystemUse(many=True)


class Resources(Record):
    """Those that run now first, then the newest; at most 100."""

    results = Resource(many=True)


AMOUNTS = "amounts by type, as decimal text or whole numbers: " + ", ".join(ResourceType.values)
LONGEST_HOLD = 31 * 24 * 3600


class SetPlan(Body):
    """What every window of one type may use, from the running one on."""

    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    total_budget = Text(max_length=60, help_text="decimal text; 0 means none")
    system_quotas = Object(required=False, default=dict, help_text='{"system": {"resource_type": n}}')
    alert_threshold = Text(required=False, default="0.80", max_length=10, help_text="the part at which people are told")


class StopPlan(Body):
    """Which plan ends with its running window."""

    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)


class Plan(Record):
    """A plan in force."""

    id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    total_budget = Text()
    system_quotas = Object()
    alert_threshold = Text()
    is_limit = Flag(help_text="false: it counts and limits nobody")
    updated_at = Instant()
    updated_by = Text()


class Plans(Record):
    """Limits first."""

    results = Plan(many=True)


class Reserve(Body):
    """What to set aside. The same key and body again give the same hold."""

    system = Text(max_length=80, help_text="a system's name")
    key = Text(max_length=200, help_text="names the hold for good")
    amounts = Object(help_text=AMOUNTS)
    purpose = Text(required=False, default="", allow_blank=True, max_length=500)
    seconds = Whole(required=False, default=3600, min_value=1, max_value=LONGEST_HOLD, help_text="how long it is held")


class ModelTokens(Body):
    """What one model read and wrote. Null is unknown and never 0."""

    model = Text(max_length=200)
    input_tokens = Whole(required=False, default=None, allow_null=True, min_value=0, max_value=10**15)
    output_tokens = Whole(required=False, default=None, allow_null=True, min_value=0, max_value=10**15)


class Settle(Body):
    """What the work used. Null is unknown and never 0: what is unknown is charged as it was held.

    Where several models worked, `models` says what each used, and `model`, `input_tokens`, `output_tokens` are left out.
    """

    input_tokens = Whole(required=False, default=None, allow_null=True, min_value=0, max_value=10**15)
    output_tokens = Whole(required=False, default=None, allow_null=True, min_value=0, max_value=10**15)
    model = Text(required=False, default="", allow_blank=True, max_length=200)
    compute_seconds = Text(required=False, default=None, allow_null=True, max_length=40, help_text="decimal text")
    api_calls = Whole(required=False, default=None, allow_null=True, min_value=0, max_value=10**15)
    models = serializers.ListField(
        child=ModelTokens(),
        required=False,
        default=list,
        max_length=50,
        help_text="each model's tokens, at its own price",
    )

    def validate(self, attrs: Any) -> Any:
        names = [one["model"] for one in attrs["models"]]
        if names and (attrs["model"] or attrs["input_tokens"] is not None or attrs["output_tokens"] is not None):
            raise serializers.ValidationError({"models": "says it already; leave model and its tokens out"})
        if len(set(names)) != len(names):
            raise serializers.ValidationError({"models": "names a model twice; add its tokens up"})
        return attrs


class Release(Body):
    """Why it is given back."""

    because = Text(required=False, default="", allow_blank=True, max_length=500)


class HoldQuery(Query):
    state = Choice(
        [*HoldState.values, "late"], required=False, allow_blank=True, help_text="late: held although its time is over"
    )
    system = Text(required=False, allow_blank=True, max_length=80)
    held_by = Text(required=False, allow_blank=True, max_length=200, help_text="text in the owner's name")
    resource = serializers.UUIDField(required=False, help_text="a budget: what was taken from it")
    since = Instant(required=False)
    until = Instant(required=False)


class Hold(Record):
    """Something set aside, and what became of it. Amounts are decimal text by type."""

    id = serializers.UUIDField()
    key = Text()
    system = Text()
    purpose = Text(allow_blank=True)
    subject_kind = Text(allow_blank=True)
    subject_id = serializers.UUIDField(allow_null=True)
    state = Choice(HoldState.values)
    amounts = Object()
    actual = Object(allow_null=True, help_text="what the work used, once settled")
    overshoot = Object(help_text="what of it no budget had free")
    is_priced = Flag()
    held_by = Text()
    held_at = Instant()
    expires_at = Instant()
    closed_at = Instant(allow_null=True)
    closed_by = Text(allow_blank=True)
    closed_because = Text(allow_blank=True)


class SetPrice(Body):
    """What one unit costs from now, or from a later moment, on."""

    measure = Choice(Measure.values)
    model = Text(
        required=False, default="", allow_blank=True, max_length=200, help_text='"": every model without its own'
    )
    usd = Text(max_length=60, help_text="decimal text; 0: it costs nothing")
    from_at = Instant(required=False, default=None, allow_null=True)


class PriceQuery(Query):
    as_of = Instant(required=False, help_text="only what was in force then")


class Price(Record):
    """A price; of those that have begun the latest is in force."""

    id = serializers.UUIDField()
    measure = Choice(Measure.values)
    model = Text(allow_blank=True)
    usd = Text()
    from_at = Instant()
    set_by = Text()


class Prices(Record):
    """With their history, the newest first within each measure and model."""

    results = Price(many=True)


class AskTopUp(Body):
    """More for one running window."""

    resource_id = serializers.UUIDField(help_text="of a running budget")
    amount = Text(max_length=60, help_text="decimal text")
    reason = Text(max_length=500)


class DecideTopUp(Body):
    """An answer to what `digest` names; a person confirms it with their password or code."""

    digest = Text(max_length=100)
    note = Text(required=False, default="", allow_blank=True, max_length=2000)
    password = Text(required=False, default="", allow_blank=True, max_length=200)


class TopUpQuery(Query):
    state = Choice(TopUpState.values, required=False, allow_blank=True)


class TopUp(Record):
    """A wish for more in one window."""

    id = serializers.UUIDField()
    number = Whole()
    resource_id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    amount = Text()
    reason = Text()
    state = Choice(TopUpState.values)
    digest = Text()
    asked_by = Text()
    asked_at = Instant()
    closed_at = Instant(allow_null=True)
    closed_by = Text(allow_blank=True)
