"""A status changes only after a look at what hangs on the system; who is not active finishes what it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.assets.actions import register_asset
from governance.audit.entries import explained_entry
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.registry import impact
from governance.registry.actions import (
    HasStatus,
    NotSeen,
    StillWorking,
    change_status,
    register_system,
    set_dependencies,
)
from governance.registry.impact import Impact
from governance.registry.models import Status, System, SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from routing.connectors.contract import Unreachable
from routing.executions import approving
from routing.executions.models import ExecutionRequest
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


def seen(scope: Scope, name: str) -> Impact:
    with in_tenant(scope.tenant_id):
        return impact.of(scope=scope, system=System.objects.get(tenant_id=scope.tenant_id, name=name))


def change(
    scope: Scope, name: str, status: Status, *, digest: str | None = None, reason: str = "A new one is there."
) -> System:
    digest = seen(scope, name).digest if digest is None else digest
    system, _ = change_status(
        scope=scope, system_name=name, status=status, reason=reason, seen=digest, at=make.later(3)
    )
    return system


def kinds(found: Impact) -> dict[str, list[str]]:
    return {one.code: [thing.name for thing in one.things] for one in found.touched}


def other(cast: make.Cast, name: str, **constitution: object) -> None:
    register_system(
        scope=cast.bo, name=name, type=SystemType.PRODUCT, constitution={"skill": name, **constitution}, at=make.AT
    )


def approve(scope: Scope, request: ExecutionRequest) -> None:
    at = make.later(6)
    approving.approve(
        scope=scope,
        request_id=request.id,
        digest=desk.question(scope, desk.now(scope, request.id)).digest,
        confirmation=make.confirmed(scope, at=at),
        at=at,
    )


def test_impact__names_who_needs_it_names_it_shares_with_it_and_routes_to_it() -> None:
    cast = make.cast(constitution=make.CLAY | {"routing_rules": {"fallback_system": "domicile"}})
    desk.agent(cast, "domicile")
    desk.agent(cast, "spare")
    other(cast, "portal", prime_directives=["Hand payrolls, and nothing else, to domicile"])
    other(cast, "archive", prime_directives=["Keep what domicile-old wrote"])
    set_dependencies(scope=cast.bo, system_name="portal", depends_on=["domicile"], at=make.AT)
    register_asset(
        scope=cast.bo,
        name="gpu",
        asset_type="compute",
        ownership_model="shared",
        parties=["domicile", "bo"],
        at=make.AT,
    )
    desk.router.written(cast.bo, "Run payroll", "domicile", "spare")
    desk.router.written(cast.bo, "Audit the books", "spare", "domicile")
    found = seen(cast.uma, "domicile")
    assert kinds(found) == {
        "needed_by": ["portal"],
        "named_by": ["clay-consigliere", "portal"],
        "assets": ["gpu"],
        "fallback": ["clay-consigliere"],
        "rules": ["Run payroll"],
        "alternatives": ["Audit the books"],
    }
    (named,) = (one for one in found.touched if one.code == "named_by")
    assert named.things[0].note == "/routing_rules/fallback_system"
    assert "router" in kinds(seen(cast.uma, "clay-consigliere"))


def test_change__of_what_was_seen__is_made_and_stands_on_the_ledger() -> None:
    cast = make.cast()
    other(cast, "portal")
    set_dependencies(scope=cast.bo, system_name="portal", depends_on=["clay-consigliere"], at=make.AT)
    assert change(cast.bo, "clay-consigliere", Status.DEPRECATED).status == "deprecated"
    with in_tenant(cast.tenant.id):
        row = LedgerEntry.objects.filter(action_name="registry.change_status").get()
        entry = explained_entry(row)
    assert "clay-consigliere was active and is now deprecated: A new one is there." in entry.sentence


def test_change__unseen_or_something_new_hangs_on_it__is_refused() -> None:
    cast = make.cast()
    with pytest.raises(NotSeen):
        change(cast.bo, "clay-consigliere", Status.DEPRECATED, digest="")
    before = seen(cast.bo, "clay-consigliere").digest
    other(cast, "portal")
    set_dependencies(scope=cast.bo, system_name="portal", depends_on=["clay-consigliere"], at=make.AT)
    with pytest.raises(NotSeen):
        change(cast.bo, "clay-consigliere", Status.DEPRECATED, digest=before)


def test_change__wrong_role_stranger_no_reason_or_twice__is_refused() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed):
        change(cast.uma, "clay-consigliere", Status.DEPRECATED)
    with pytest.raises(NotFound):
        change(make.stranger(), "payroll", Status.DEPRECATED, digest="x")
    with pytest.raises(ReasonMissing):
        change(cast.bo, "clay-consigliere", Status.DEPRECATED, reason=" ")
    with pytest.raises(HasStatus):
        change(cast.bo, "clay-consigliere", Status.ACTIVE)


def test_deprecated__finishes_what_it_has_and_gets_nothing_new() -> None:
    cast = make.cast()
    agent = desk.agent(cast, "payroll", approvals=("payroll",))
    request = desk.asked(cast.mel, "Run payroll", system="payroll", action="payroll")
    assert desk.worked(cast.mel, request).stage == "awaiting_approval"
    found = seen(cast.bo, "payroll")
    assert found.work == 1 and kinds(found)["work"] == ["Waits for approval"]
    change(cast.bo, "payroll", Status.DEPRECATED)
    with pytest.raises(StillWorking):
        change(cast.bo, "payroll", Status.ARCHIVED)
    refused = desk.done(cast.mel, "Run payroll", system="payroll", action="payroll")
    assert refused.status == "failed" and "only active systems get new work" in (refused.error_message or "")
    approve(cast.bo, request)
    done = desk.worked(cast.mel, request, at=make.later(30))
    assert done.stage == "done" and desk.execution(cast.mel, request.id).status == "success"
    assert len(agent.calls) == 1
    assert change(cast.bo, "payroll", Status.ARCHIVED).status == "archived"


def test_deprecated__since_the_route_was_chosen__an_alternative_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    desk.agent(cast, "payroll", approvals=("payroll",))
    second = desk.agent(cast, "spare")
    desk.router.written(cast.bo, "Run payroll", "payroll", "spare", action="payroll")
    request = desk.asked(cast.mel, "Run payroll")
    assert desk.worked(cast.mel, request).stage == "awaiting_approval"
    change(cast.bo, "spare", Status.DEPRECATED)
    desk.breaks(monkeypatch, "payroll", Unreachable("Nobody answers.", may_have_run=False))
    approve(cast.bo, request)
    for minute in range(30, 36):
        desk.worked(cast.mel, request, at=make.later(minute) + timedelta(seconds=1))
    assert desk.execution(cast.mel, request.id).status == "failed" and not second.calls
