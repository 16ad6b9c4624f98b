"""The list of rules in force: what counts in a decision stands in it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.assets import actions as assets
from governance.rulebook.actions import decide
from governance.rulebook.queries.rules import RuleFilter, RuleLine, narrowed, rule_lines, rule_page
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.assets.test_verbs import issued, registered
from tests.web import client_of

ME = "clay-consigliere"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def of_assets(scope: Scope, *, system: str = "", minutes: float = 1) -> list[RuleLine]:
    at = make.later(minutes)
    with in_tenant(scope.tenant_id):
        lines = rule_lines(scope=scope, system=system, at=at)
    return narrowed(lines, filter=RuleFilter(document="assets"))


def test_rules__of_assets_and_mandates__with_source_class_and_what_they_are_about(cast: make.Cast) -> None:
    registered(cast.bo, usage_cap_per_hour=50, parties=[ME])
    registered(cast.bo, "calendar", ownership_model="personal", owner="memvid")
    issued(cast.ada)
    found = {(one.source, one.weight, one.precedence, one.heads) for one in of_assets(cast.uma)}
    assert found == {
        ("asset gpu-pool: at most 50 uses an hour", 750, "weight 750", ("*",)),
        ("asset gpu-pool: sharing: its parties only", 600, "domain guideline", ("*",)),
        ("asset gpu-pool: mandate of did:group:ml", 750, "weight 750", ("train.*",)),
        ("asset calendar: personal: memvid decides for others", 700, "constitution", ("*",)),
    }
    assert of_assets(cast.uma, system=ME) == of_assets(cast.uma), "they bind every system"
    assert of_assets(make.stranger()) == []


def test_rules__of_assets__come_and_go_with_mandate_and_asset(cast: make.Cast) -> None:
    registered(cast.bo)
    mandate = issued(cast.ada, expires_at=make.later(60))
    assert len(of_assets(cast.uma)) == 1 and of_assets(cast.uma, minutes=61) == []
    assets.revoke_mandate(scope=cast.ada, mandate_id=mandate.id, reason="Voted.", at=make.later(2))
    assert of_assets(cast.uma, minutes=3) == []
    registered(cast.bo, "disk", usage_cap_per_user=1)
    assert len(of_assets(cast.uma)) == 1
    assets.retire_asset(scope=cast.bo, name="disk", reason="Full.", at=make.later(4))
    assert of_assets(cast.uma, minutes=5) == []


def test_rule__that_decided_about_an_asset__has_a_page(cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME], usage_cap_per_hour=5)
    facts = {"uses_asset": "gpu-pool", "uses_amount": 6}
    decided = decide(scope=cast.bo, system_name=ME, action="payroll", facts=facts, at=make.AT)
    rule = decided.verdict.because[0].rule
    with in_tenant(cast.tenant.id):
        page = rule_page(scope=cast.uma, rule_id=rule, system=ME, at=make.AT)
    assert (page.line.source, page.applied) == ("asset gpu-pool: at most 5 uses an hour", 1)


def test_rules__of_assets__on_the_page_and_in_the_api__in_constant_queries(cast: make.Cast) -> None:
    client = client_of(cast.uma)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/rulebook/", {"document": "assets"}).status_code == 200
        return len(seen)

    registered(cast.bo, usage_cap_per_hour=50)
    queries()
    few = queries()
    for number in range(3):
        registered(cast.bo, f"asset-{number}", usage_cap_per_hour=50)
    assert queries() == few
    assert "asset gpu-pool: at most 50 uses an hour" in client.get("/rulebook/?q=gpu-pool").content.decode()
    (rule,) = client.get("/api/v1/policy/rules/?q=gpu-pool").json()["results"]
    assert (rule["id"], rule["weight"]) == ("assets/gpu-pool/cap-hour", 750)
