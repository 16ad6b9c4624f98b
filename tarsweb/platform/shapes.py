"""What the API takes and answers about tenants from outside; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from billing.budgets.models import ResourceType, WindowType
from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text, Whole
from governance.tenants.models import Tier
from tarsweb.platform.budgets import LEVELS

_MOST = 1_000_000
_STATES = ["active", "deactivated"]


def _amount(**options: object) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=2, min_value=0, **options)  # type: ignore[arg-type]


class TenantQuery(Query):
    """The filters of the page of that name."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in name or domain")
    tier = Choice(Tier.values, required=False, allow_blank=True)
    state = Choice(_STATES, required=False, allow_blank=True)


class Tenant(Record):
    """A tenant's contract and how full it is, and nothing of what is in it."""

    id = serializers.UUIDField()
    name = Text()
    domain = Text(allow_blank=True)
    tier = Choice(Tier.values)
    seats_taken = Whole()
    max_users = Whole()
    max_monthly_budget = Text()
    state = Choice(_STATES)
    is_demo = Flag()
    created_at = Instant()
    deactivated_at = Instant(allow_null=True)
    deactivated_because = Text(allow_blank=True)


class BudgetQuery(Query):
    """The filters of the page of that name."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in the name")
    level = Choice(list(LEVELS), required=False, allow_blank=True, help_text="; ".join(map(": ".join, LEVELS.items())))


class TenantBudgets(Record):
    """How full a tenant's running budgets are: its fullest, and the dollars of its longest window. Amounts are decimal text."""

    id = serializers.UUIDField()
    name = Text()
    state = Choice(_STATES)
    is_demo = Flag()
    budgets = Whole()
    near = Whole()
    used_up = Whole()
    resource_type = Choice(ResourceType.values, allow_null=True)
    window_type = Choice(WindowType.values, allow_null=True)
    window_end = Instant(allow_null=True)
    total_budget = Text(allow_null=True)
    used = Text(allow_null=True)
    reserved = Text(allow_null=True)
    part = Text(allow_null=True, help_text="what is spent or held of the fullest, 0 to 1")
    dollars_total = Text(allow_null=True)
    dollars_used = Text(allow_null=True)
    dollars_reserved = Text(allow_null=True)


class NewTenant(Body):
    """A new customer. What is left out of the limits is the tier's own."""

    name = Text(max_length=200)
    domain = Text(required=False, default="", allow_blank=True, max_length=253)
    tier = Choice(Tier.values)
    max_users = Whole(required=False, allow_null=True, default=None, min_value=1, max_value=_MOST)
    max_monthly_budget = _amount(required=False, allow_null=True, default=None)
    admin_email = serializers.EmailField(required=False, default="", allow_blank=True)
    admin_name = Text(required=False, default="", allow_blank=True, max_length=200)


class Opened(Tenant):
    """The tenant with its first admin's link: only now, and only where no mail leaves the machine; otherwise it is null."""

    invitation_link = serializers.URLField(allow_null=True)


class Terms(Body):
    """The whole contract from now on, and why it changes."""

    tier = Choice(Tier.values)
    max_users = Whole(min_value=1, max_value=_MOST)
    max_monthly_budget = _amount()
    reason = Text(max_length=2000)


class Confirmed(Body):
    """Why; it stands on the tenant's ledger. `password` is the one-time code of somebody who has set one up."""

    reason = Text(max_length=2000)
    password = Text(required=False, trim_whitespace=False)
