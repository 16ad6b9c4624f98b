"""The tenant's own record: opened with the limits of its tier, mended by its admin with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError

from governance.errors import Invalid, NotAllowed
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from governance.tenants.actions import DomainTaken, ReasonMissing, fix_tenant, next_number, open_tenant
from governance.tenants.models import TIER_LIMITS, Tenant, Tier
from tests import factories as make
from tests.db.tenants.catalogue import run


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _stored(cast: make.Cast) -> Tenant:
    with in_tenant(cast.tenant.id):
        return Tenant.objects.get(id=cast.tenant.id)


@pytest.mark.parametrize("tier", Tier)
def test_open__has_the_limits_of_its_tier_and_begins_its_ledger(database: None, tier: Tier) -> None:
    tenant = open_tenant(name="OMS", domain=None, tier=tier, at=make.AT)
    assert (tenant.max_users, tenant.max_monthly_budget) == TIER_LIMITS[tier]
    with in_tenant(tenant.id):
        assert list(LedgerEntry.objects.order_by("sequence").values_list("event_type", flat=True)) == [
            "key",
            "registration",
        ]


def test_open__with_a_domain_that_is_taken__refused(database: None) -> None:
    domain = f"{make.user('x').id}.example.org"
    open_tenant(name="OMS", domain=domain, tier=Tier.PRO, at=make.AT)
    with pytest.raises(DomainTaken):
        open_tenant(name="Other", domain=domain, tier=Tier.PRO, at=make.AT)


def test_fix__name__with_before_and_after_on_the_ledger(cast: make.Cast) -> None:
    fix_tenant(scope=cast.tess, values={"name": "OMS GmbH"}, reason="Legal form.", at=make.AT)
    assert _stored(cast).name == "OMS GmbH"
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(event_type="data_fix")
    content = bytes(entry.openings).decode()
    assert entry.subject == "OMS Consulting" and "Legal form." in content and "OMS GmbH" in content


def test_fix__nothing__leaves_no_entry(cast: make.Cast) -> None:
    fix_tenant(scope=cast.tess, values={"name": "OMS Consulting"}, reason="Looking.", at=make.AT)
    with in_tenant(cast.tenant.id):
        assert not LedgerEntry.objects.filter(event_type="data_fix").exists()


@pytest.mark.parametrize(
    ("values", "reason", "error"),
    [
        ({"name": "x"}, " ", ReasonMissing),
        ({"max_users": 999}, "More.", Invalid),
        ({"is_active": False}, "Close.", Invalid),
        ({"subscription_tier": "enterprise"}, "More.", Invalid),
        ({"name": ""}, "Empty.", Invalid),
        ({"retention_years": 1}, "Forget.", Invalid),
        ({"name": "x", "retention_years": 10}, "Keep.", Invalid),
    ],
)
def test_fix__what_may_not_be__refused(
    cast: make.Cast, values: dict[str, Any], reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fix_tenant(scope=cast.tess, values=values, reason=reason, at=make.AT)
    assert (_stored(cast).name, _stored(cast).max_users, _stored(cast).retention_years) == ("OMS Consulting", 20, 7)


def test_fix__by_who_may_not__refused(cast: make.Cast) -> None:
    for scope in (cast.ada, cast.bo, cast.uma, cast.sam, cast.mel):
        with pytest.raises(NotAllowed):
            fix_tenant(scope=scope, values={"name": "Mine"}, reason="Mine.", at=make.AT)


def test_fix__by_a_stranger__mends_only_their_own(cast: make.Cast) -> None:
    fix_tenant(scope=make.stranger(), values={"name": "Mine"}, reason="Mine.", at=make.AT)
    assert _stored(cast).name == "OMS Consulting"


@pytest.mark.parametrize(
    "change",
    ["max_users = 0", "max_monthly_budget = -1", "retention_years = 0", "subscription_tier = 'free'", "name = ''"],
)
def test_limits__are_constraints(cast: make.Cast, change: str) -> None:
    with pytest.raises(DatabaseError), in_tenant(cast.tenant.id):
        run(f"UPDATE tenants SET {change}")


def test_numbers__count_per_tenant_and_series_and_a_rolled_back_use_is_given_again(cast: make.Cast) -> None:
    other = make.tenant()
    with in_tenant(cast.tenant.id):
        assert [next_number(tenant_id=cast.tenant.id, series="X") for _ in range(3)] == [1, 2, 3]
        assert next_number(tenant_id=cast.tenant.id, series="Y") == 1
    with in_tenant(other.id):
        assert next_number(tenant_id=other.id, series="X") == 1
    with pytest.raises(ZeroDivisionError), in_tenant(cast.tenant.id):
        assert next_number(tenant_id=cast.tenant.id, series="X") == 4
        raise ZeroDivisionError
    with in_tenant(cast.tenant.id):
        assert next_number(tenant_id=cast.tenant.id, series="X") == 4
