"""What platform staff agreed with a customer, and closing a tenant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.budgets.actions import grant_monthly
from governance.errors import Invalid, NotAllowed
from governance.identity.queries import scope_for
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import (
    BudgetInUse,
    NotOpen,
    ReasonMissing,
    SeatsInUse,
    change_contract,
    deactivate,
    reactivate,
)
from governance.tenants.models import Tenant, Tier
from tests import factories as make


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _change(scope: Scope, **options: Any) -> Tenant:
    wishes: dict[str, Any] = {
        "tier": Tier.ENTERPRISE,
        "max_users": 30,
        "max_monthly_budget": Decimal("300.00"),
        "count_seats": lambda: 7,
        "reason": "They grow.",
        "at": make.AT,
    }
    return change_contract(scope=scope, **{**wishes, **options})


def test_contract__changed__is_on_the_ledger_with_before_and_after(cast: make.Cast) -> None:
    tenant = _change(cast.tars)
    assert (tenant.subscription_tier, tenant.max_users) == (Tier.ENTERPRISE, 30)
    with in_tenant(cast.tenant.id):
        content = bytes(LedgerEntry.objects.get(action_name="tenants.change_contract").openings).decode()
    assert "They grow." in content and '"pro"' in content and '"enterprise"' in content


def test_contract__below_what_is_in_use__refused(cast: make.Cast) -> None:
    grant_monthly(scope=cast.tars, total=Decimal("200.00"), at=timezone.now())
    for options, error in (
        ({"max_users": 6}, SeatsInUse),
        ({"max_monthly_budget": Decimal("199.99")}, BudgetInUse),
        ({"max_users": 0, "count_seats": lambda: 0}, Invalid),
        ({"reason": " "}, ReasonMissing),
    ):
        with pytest.raises(error):
            _change(cast.tars, **options)
    _change(cast.tars, max_users=7, max_monthly_budget=Decimal("200.00"))


def test_tenant__closed_and_opened_again__keeps_its_record(cast: make.Cast) -> None:
    deactivate(scope=cast.tars, reason="Unpaid.", at=make.AT)
    assert scope_for(user=cast.users["bo"], tenant_id=cast.tenant.id) is None
    with pytest.raises(NotOpen):
        deactivate(scope=cast.tars, reason="Unpaid.", at=make.AT)
    reactivate(scope=cast.tars, reason="Paid.", at=make.AT)
    with pytest.raises(NotOpen):
        reactivate(scope=cast.tars, reason="Paid.", at=make.AT)
    assert scope_for(user=cast.users["bo"], tenant_id=cast.tenant.id) is not None
    with in_tenant(cast.tenant.id):
        names = LedgerEntry.objects.filter(action_name__in=["tenants.deactivate", "tenants.reactivate"])
        assert names.count() == 2


@pytest.mark.parametrize("name", ["ada", "bo", "uma", "tess", "mel"])
def test_contract__by_a_member_of_the_tenant__refused(cast: make.Cast, name: str) -> None:
    scope = getattr(cast, name)
    for call in (
        lambda: _change(scope),
        lambda: deactivate(scope=scope, reason="x", at=make.AT),
        lambda: reactivate(scope=scope, reason="x", at=make.AT),
    ):
        with pytest.raises(NotAllowed, match="Platform staff"):
            call()
