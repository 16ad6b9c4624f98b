from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now

from governance.rows import BusyRow, TenantRow, reference


class ResourceType(models.TextChoices):
    LLM_TOKENS = "llm_tokens", "LLM tokens"
    COMPUTE_HOURS = "compute_hours", "Compute hours"
    API_CALLS = "api_calls", "API calls"
    STORAGE_GB = "storage_gb", "Storage (GB)"
    USD_BUDGET = "usd_budget", "Dollars"


class WindowType(models.TextChoices):
    HOURLY = "hourly", "Hourly"
    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"


def _amount(**options: object) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=6, **options)  # type: ignore[arg-type]


class Resource(TenantRow):
    """A budget of one type for one window (seeds/004 6)."""

    resource_type = models.TextField(choices=ResourceType.choices)
    window_type = models.TextField(choices=WindowType.choices)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    total_budget = _amount()
    used = _amount(default=Decimal(0), db_default=0)
    reserved = _amount(default=Decimal(0), db_default=0)
    available = models.GeneratedField(
        expression=models.F("total_budget") - models.F("used") - models.F("reserved"),
        output_field=_amount(),
        db_persist=True,
    )
    system_quotas = models.JSONField(default=dict, db_default={})
    alert_threshold = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.80"), db_default=Decimal("0.80")
    )
    alert_sent = models.BooleanField(default=False, db_default=False)
    is_limit = models.BooleanField(
        default=True, db_default=True, help_text="false: counts what is used and gives quotas a window, limits nobody"
    )
    checked_at = models.DateTimeField(null=True, help_text="when alerts last looked at it")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "resources"
        constraints = [
            models.CheckConstraint(condition=models.Q(resource_type__in=ResourceType.values), name="resources_type"),
            models.CheckConstraint(condition=models.Q(window_type__in=WindowType.values), name="resources_window"),
            models.CheckConstraint(
                condition=models.Q(window_end__gt=models.F("window_start")), name="resources_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(total_budget__gte=0, used__gte=0, reserved__gte=0, available__gte=0),
                name="resources_conserved",
            ),
            models.CheckConstraint(condition=models.Q(alert_threshold__range=(0, 1)), name="resources_threshold"),
            models.UniqueConstraint(
                fields=["tenant", "resource_type", "window_type", "window_start"], name="resources_one_each"
            ),
        ]


class BudgetPlan(TenantRow):
    """What each window of one kind starts with. `resources` rows are made from it when their window is first touched."""

    resource_type = models.TextField(choices=ResourceType.choices)
    window_type = models.TextField(choices=WindowType.choices)
    total_budget = _amount()
    system_quotas = models.JSONField(default=dict)
    alert_threshold = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.80"), db_default=Decimal("0.80")
    )
    is_active = models.BooleanField(default=True, db_default=True)
    is_limit = models.BooleanField(default=True, db_default=True, help_text="false: its windows count and limit nobody")
    created_at = models.DateTimeField()
    created_by = models.TextField()
    updated_at = models.DateTimeField()
    updated_by = models.TextField()

    class Meta:
        db_table = "budget_plans"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource_type", "window_type"], name="budget_plans_one_each"),
            models.CheckConstraint(condition=models.Q(resource_type__in=ResourceType.values), name="budget_plans_type"),
            models.CheckConstraint(condition=models.Q(window_type__in=WindowType.values), name="budget_plans_window"),
            models.CheckConstraint(condition=models.Q(total_budget__gte=0), name="budget_plans_total"),
            models.CheckConstraint(condition=models.Q(alert_threshold__range=(0, 1)), name="budget_plans_threshold"),
        ]


class SystemShare(TenantRow):
    """What one system has of one budget. `quota` null: it is limited by the budget alone.

    `fresh_for` is the version of the constitution that the quota was read from; another one, or 0, means: read it again.
    """

    resource = reference("billing.Resource", related_name="shares")
    system = reference("governance.System")
    quota = _amount(null=True)
    used = _amount(default=Decimal(0), db_default=0)
    reserved = _amount(default=Decimal(0), db_default=0)
    alert_threshold = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    fresh_for = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "system_shares"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource", "system"], name="system_shares_one_each"),
            models.CheckConstraint(condition=models.Q(used__gte=0, reserved__gte=0), name="system_shares_signs"),
            models.CheckConstraint(
                condition=models.Q(quota=None) | models.Q(quota__gte=models.F("used") + models.F("reserved")),
                name="system_shares_within_quota",
            ),
        ]


class HoldState(models.TextChoices):
    HELD = "held", "Held"
    SETTLED = "settled", "Settled"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class Reservation(BusyRow):
    """Money (and tokens, hours, calls) set aside before the work: a hold. `key` names it for good.

    `amounts` and `actual` are `{resource type: decimal text}`; the lines say which budgets they came from. `overshoot` is
    what the work cost beyond what could be charged: measured, shown, and zero in every healthy run.
    """

    key = models.TextField()
    request_digest = models.TextField(help_text="of what was asked under the key; another one is refused")
    system = reference("governance.System")
    subject_kind = models.TextField(default="", help_text='what it is for: "execution", or "" for a caller of the API')
    subject_id = models.UUIDField(null=True)
    purpose = models.TextField(default="")
    state = models.TextField(choices=HoldState.choices, default=HoldState.HELD)
    amounts = models.JSONField()
    actual = models.JSONField(null=True)
    overshoot = models.JSONField(default=dict)
    is_priced = models.BooleanField(default=True, help_text="whether a price was known for everything that was used")
    held_by = models.TextField()
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="")
    closed_because = models.TextField(default="")

    class Meta:
        db_table = "reservations"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="reservations_key"),
            models.CheckConstraint(condition=models.Q(state__in=HoldState.values), name="reservations_state"),
            models.CheckConstraint(
                condition=models.Q(state=HoldState.HELD, closed_at=None)
                | (~models.Q(state=HoldState.HELD) & ~models.Q(closed_at=None)),
                name="reservations_closed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=HoldState.SETTLED) | ~models.Q(actual=None), name="reservations_actual"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "expires_at"], condition=models.Q(state=HoldState.HELD), name="reservations_held"
            ),
            models.Index(
                fields=["tenant", "id"],
                condition=models.Q(state__in=(HoldState.RELEASED, HoldState.EXPIRED)),
                name="reservations_given_back",
            ),
            models.Index(fields=["tenant", "subject_id"], name="reservations_subject"),
            models.Index(
                fields=["tenant", "system", "-held_at"],
                condition=models.Q(state=HoldState.SETTLED),
                name="reservations_settled",
            ),
        ]


class ReservationLine(BusyRow):
    """How much of a hold came from which budget; what is given back goes back there, whatever the clock says by then."""

    reservation = reference("billing.Reservation", related_name="lines", db_index=False)
    resource = reference("billing.Resource", db_index=False)
    share = reference("billing.SystemShare", db_index=False)
    amount = _amount()
    settled = _amount(null=True)

    class Meta:
        db_table = "reservation_lines"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "reservation", "resource"], name="reservation_lines_one_each"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="reservation_lines_amount"),
        ]
        indexes = [models.Index(fields=["tenant", "resource"], name="reservation_lines_budget")]


class MoveKind(models.TextChoices):
    RESERVE = "reserve", "Set aside"
    SETTLE = "settle", "Settled"
    RELEASE = "release", "Given back"
    EXPIRE = "expire", "Expired"
    MEASURE = "measure", "Measured"


class BudgetMove(BusyRow):
    """One movement of money, signed. `statement` is the canonical JSON that `digest` names and `signature` covers.

    Written once; only `sealed_in` (the ledger entry that holds its digest) goes from null to a number.
    """

    kind = models.TextField(choices=MoveKind.choices)
    reservation = reference("billing.Reservation", null=True, related_name="moves", db_index=False)
    at = models.DateTimeField()
    statement = models.BinaryField()
    digest = models.TextField()
    signer = models.TextField()
    signature = models.BinaryField()
    sealed_in = models.BigIntegerField(null=True)

    class Meta:
        db_table = "budget_moves"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=MoveKind.values), name="budget_moves_kind"),
            models.UniqueConstraint(fields=["tenant", "reservation", "kind"], name="budget_moves_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "id"], condition=models.Q(sealed_in=None), name="budget_moves_unsealed")
        ]


class BudgetPace(TenantRow):
    """What was charged to one budget in one 120th of its window (`pace`): the sum of its sealed movements."""

    resource = reference("billing.Resource")
    slot = models.PositiveSmallIntegerField()
    settled = _amount()

    class Meta:
        db_table = "budget_paces"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource", "slot"], name="budget_paces_one_each"),
            models.CheckConstraint(condition=models.Q(slot__range=(0, 119)), name="budget_paces_slot"),
        ]


class StorageLevel(TenantRow):
    """How many bytes one slice keeps of a tenant, kept as they are written (`storage.change_within`), so that nobody counts."""

    source = models.TextField()
    bytes = models.BigIntegerField()

    class Meta:
        db_table = "storage_levels"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source"], name="storage_levels_one_each"),
            models.CheckConstraint(condition=models.Q(bytes__gte=0), name="storage_levels_sign"),
        ]


class Measure(models.TextChoices):
    INPUT_TOKENS = "input_tokens", "Input tokens"
    OUTPUT_TOKENS = "output_tokens", "Output tokens"
    COMPUTE_SECONDS = "compute_seconds", "Compute seconds"
    API_CALLS = "api_calls", "API calls"
    STORAGE_GB_MONTH = "storage_gb_month", "Storage (GB and month)"


class Price(TenantRow):
    """What one unit costs in dollars from `from_at` on. `model` "" prices every model that has no price of its own."""

    measure = models.TextField(choices=Measure.choices)
    model = models.TextField(default="", blank=True)
    usd = models.DecimalField(max_digits=24, decimal_places=12)
    from_at = models.DateTimeField()
    set_by = models.TextField()
    set_at = models.DateTimeField()

    class Meta:
        db_table = "prices"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "measure", "model", "from_at"], name="prices_one_each"),
            models.CheckConstraint(condition=models.Q(measure__in=Measure.values), name="prices_measure"),
            models.CheckConstraint(condition=models.Q(usd__gte=0), name="prices_sign"),
        ]


class AlertLevel(models.TextChoices):
    THRESHOLD = "threshold", "At its alert mark"
    FORECAST = "forecast", "Will run out before the window ends"
    FULL = "full", "Used up"


class BudgetAlert(TenantRow):
    """That people were told, once per window and level, of the budget or of one system's share of it. Append-only."""

    resource = reference("billing.Resource", related_name="alerts")
    share = reference("billing.SystemShare", null=True)
    level = models.TextField(choices=AlertLevel.choices)
    committed = _amount(help_text="spent and held when it was sent")
    exhausted_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "budget_alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "share", "level"], name="budget_alerts_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(level__in=AlertLevel.values), name="budget_alerts_level"),
        ]


class TopUpState(models.TextChoices):
    ASKED = "asked", "Waits for approval"
    APPLIED = "applied", "In force"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class TopUp(TenantRow):
    """A wish for more in one running window, within a bound, that somebody else approves."""

    number = models.IntegerField()
    resource = reference("billing.Resource", related_name="top_ups")
    amount = _amount()
    reason = models.TextField()
    state = models.TextField(choices=TopUpState.choices, default=TopUpState.ASKED)
    digest = models.TextField(default="")
    request = reference("governance.ApprovalRequest", null=True)
    asked_by = models.TextField()
    user_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="")

    class Meta:
        db_table = "top_ups"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="top_ups_number"),
            models.CheckConstraint(condition=models.Q(state__in=TopUpState.values), name="top_ups_state"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="top_ups_sign"),
        ]
