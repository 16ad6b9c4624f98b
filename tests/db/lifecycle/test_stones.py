"""A system that nobody used for a year is destroyed after its retention by a person: what it was goes, that it was stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError

from governance.amendments.actions import propose
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.audit.queries import explained, verified
from governance.errors import NotAllowed
from governance.identity.confirm import NotConfirmed
from governance.ledger import merkle
from governance.registry.actions import fix_system, set_dependencies
from governance.registry.models import Status, System, SystemVersion
from governance.registry.statistics import Ended, fold_within, keep_stars_within
from governance.registry.stones import SystemDestroyed
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from routing.connectors.actions import configure, set_secret
from routing.connectors.models import Connector, ConnectorSecret, PinnedTool
from routing.executions.actions import handle
from routing.lifecycle import ageing, holds, noting, pruning, stones
from routing.lifecycle.errors import CountsMoved, NothingDue
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.routing.executions import desk
from tests.db.tenants.catalogue import run

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _due(scope: Scope, at: datetime = END) -> stones.Due:
    with in_tenant(scope.tenant_id):
        return stones.due(scope=scope, at=at)


def _prune(scope: Scope, digest: str | None = None, *, at: datetime = END, reason: str = "Over.") -> stones.Pruned:
    shown = _due(scope, at).digest if digest is None else digest
    return stones.prune(scope=scope, digest=shown, reason=reason, confirmation=make.confirmed(scope, at=at), at=at)


def _old(cast: make.Cast, name: str = "letters") -> System:
    """A system that was retired and then forgotten: archived, with a connector, and no executions."""
    desk.agent(cast, name)
    make.status(cast.bo, name, Status.DEPRECATED)
    ageing.age(scope=cast.tars, at=old.LATER)
    return desk.system(cast.bo, name)


def _propose(cast: make.Cast, *, at: datetime) -> AmendmentProposal:
    constitution = make.changed(make.constitution_of(cast.bo, name="letters"), version="1.1.0")
    kind, basis = AmendmentType.MANUAL_UPDATE, Basis.ORDINARY
    return propose(
        scope=cast.bo,
        system_name="letters",
        type=kind,
        basis=basis,
        constitution=constitution,
        evidence=make.EVIDENCE[kind],
        is_draft=True,
        at=at,
    )


def _keeps(scope: Scope, name: str, at: datetime = END) -> str:
    return "; ".join(why for one in _due(scope, at).kept if one.name == name for why in one.keeps)


def test_prune__leaves_name_versions_and_constitution__and_a_certificate(cast: make.Cast) -> None:
    before = _old(cast)
    address = "https://letters.example.com/hook"
    configure(scope=cast.bo, system_name="letters", deployment_type="fastapi", target=address, at=old.LATER)
    set_secret(scope=cast.bo, system_name="letters", value="hush-hush-hush", at=old.LATER)
    (one,) = _due(cast.ada).systems
    assert (one.name, one.version, one.executions) == ("letters", 1, 0)
    done = _prune(cast.ada)
    after = desk.system(cast.uma, "letters")
    assert (after.lifecycle_state, after.status, after.updated_at) == ("PRUNED", "archived", END)
    assert (after.name, after.id, after.type, after.created_at) == (
        before.name,
        before.id,
        before.type,
        before.created_at,
    )
    assert (after.constitution, after.archived_at) == (before.constitution, before.archived_at)
    emptied = (after.description, after.endpoint_url, after.documentation_url, after.deployment_type, after.depends_on)
    assert emptied == ("", None, None, None, []) and after.capabilities_embedding is None
    with in_tenant(cast.tenant.id):
        mine = {"tenant_id": cast.tenant.id}
        assert not Connector.objects.filter(**mine, system=after).exists()
        assert not ConnectorSecret.objects.filter(**mine, connector__system=after).exists()
        assert not PinnedTool.objects.filter(**mine, connector__system=after).exists()
        assert SystemVersion.objects.filter(**mine, system=after).count() == 1
        action = explained(scope=cast.uma, sequence=done.sequence).document["content"]["action"]
    assert action["systems"][0]["digest"] == one.digest and action["confirmed_with"] == "password"
    assert action["root"] == merkle.root([one.digest.encode()]).hex()
    assert verified(cast.uma).is_verified
    with pytest.raises(NothingDue):
        _prune(cast.ada)


def test_stone__cannot_come_back__and_every_way_says_so(cast: make.Cast) -> None:
    system = _old(cast)
    _prune(cast.ada)
    with pytest.raises(SystemDestroyed, match="cannot come back"):
        make.status(cast.bo, "letters", Status.ACTIVE)
    with pytest.raises(SystemDestroyed):
        fix_system(scope=cast.tess, system_name="letters", values={"description": "x"}, reason="x", at=END)
    with pytest.raises(SystemDestroyed):
        configure(scope=cast.bo, system_name="letters", deployment_type="local", target="payroll", at=END)
    with pytest.raises(SystemDestroyed):
        handle(scope=cast.bo, text="Write a letter", system="letters", at=END)
    with pytest.raises(SystemDestroyed):
        _propose(cast, at=END)
    set_dependencies(scope=cast.bo, system_name="payroll", depends_on=[], at=END)
    with pytest.raises(Exception, match="no system called letters"):
        set_dependencies(scope=cast.bo, system_name="payroll", depends_on=["letters"], at=END)
    with in_tenant(cast.tenant.id):
        noting.note(scope=cast.uma, system_id=system.id, at=END)
        fold_within(tenant_id=cast.tenant.id, ended=[Ended(system.id, True, None, 1, END)])
        assert keep_stars_within(tenant_id=cast.tenant.id, stars={system.id: Decimal(3)}) == 0
    assert noting.fold(scope=cast.tars, at=END) == 1
    ageing.age(scope=cast.tars, at=END)
    after = desk.system(cast.uma, "letters")
    assert (after.lifecycle_state, after.access_count) == ("PRUNED", system.access_count)
    for statement in ("lifecycle_state = 'HOT'", "status = 'active'", "description = 'x'"):
        with pytest.raises(DatabaseError, match="tars_stone"), in_tenant(cast.tenant.id):
            run(f"UPDATE systems SET {statement} WHERE id = %s", system.id)
    assert verified(cast.uma).is_verified


def test_due__what_keeps_a_system__is_said__and_the_database_holds_it_too(cast: make.Cast) -> None:
    desk.agent(cast, "letters")
    ageing.age(scope=cast.tars, at=old.LATER)
    assert "it is active" in _keeps(cast.ada, "letters")
    make.status(cast.bo, "letters", Status.DEPRECATED)
    set_dependencies(scope=cast.bo, system_name="payroll", depends_on=["letters"], at=old.LATER)
    assert "another system depends on it" in _keeps(cast.ada, "letters")
    with pytest.raises(NothingDue):
        _prune(cast.ada, "sha256:x")
    set_dependencies(scope=cast.bo, system_name="payroll", depends_on=[], at=old.LATER)
    hold = holds.place(scope=cast.ada, system="letters", reason="A court asked.", at=old.LATER)
    assert "it is on legal hold" in _keeps(cast.ada, "letters")
    holds.release(scope=cast.ada, hold_id=hold.id, reason="Over.", at=old.LATER)
    draft = _propose(cast, at=old.LATER)
    assert "an amendment of it" in _keeps(cast.ada, "letters") and draft.number
    assert _due(cast.ada, END - timedelta(days=366 * 2)).kept == ()
    with pytest.raises(DatabaseError, match="tars_held"), in_tenant(cast.tenant.id):
        run(
            "SELECT tars_prune_systems(ARRAY[id], ARRAY[tars_text_digest(tars_system_line(tenant_id, id))], %s) FROM systems "
            "WHERE name = 'letters'",
            END,
        )
    with pytest.raises(DatabaseError, match="tars_stone"), in_tenant(cast.tenant.id):
        run("UPDATE systems SET lifecycle_state = 'PRUNED' WHERE name = 'letters'")


def test_due__a_system_with_executions_waits_for_them(cast: make.Cast) -> None:
    old.archived(cast)
    make.status(cast.bo, "payroll", Status.ARCHIVED)
    assert "not destroyed yet" in _keeps(cast.ada, "payroll")
    with in_tenant(cast.tenant.id):
        digest = pruning.due(scope=cast.ada, at=END).digest
    pruning.prune(scope=cast.ada, digest=digest, reason="Over.", confirmation=make.confirmed(cast.ada, at=END), at=END)
    assert [one.name for one in _due(cast.ada).systems] == ["payroll"]
    assert _prune(cast.ada).names == ("payroll",) and verified(cast.uma).is_verified


def test_prune__needs_a_person_with_the_right__a_reason__and_what_was_shown(cast: make.Cast) -> None:
    _old(cast)
    shown = _due(cast.ada).digest
    for scope in (cast.bo, cast.uma, cast.sam):
        with pytest.raises(NotAllowed):
            _prune(scope, shown)
    with pytest.raises(NotAllowed):
        _due(cast.mel)
    with pytest.raises(NothingDue):
        _prune(make.cast().ada, shown)
    with pytest.raises(ReasonMissing):
        _prune(cast.ada, shown, reason=" ")
    with pytest.raises(NotConfirmed):
        confirmation = make.confirmed(cast.bo, at=END)
        stones.prune(scope=cast.ada, digest=shown, reason="x", confirmation=confirmation, at=END)
    grants = frozenset({Capability.RETAIN, Capability.READ_RECORD})
    with pytest.raises(NotAllowed, match="a token does not"):
        _prune(Scope(cast.tenant.id, cast.ada.actor, cast.ada.roles, grants=grants), shown)
    fix_system(scope=cast.tess, system_name="letters", values={"description": "New."}, reason="x", at=old.LATER)
    with pytest.raises(CountsMoved):
        _prune(cast.ada, shown)
    with in_tenant(cast.tenant.id):
        noting.note(scope=cast.uma, system_id=desk.system(cast.uma, "letters").id, at=END)
    noting.fold(scope=cast.tars, at=END)
    with pytest.raises(NothingDue):
        _prune(cast.ada)
    assert desk.system(cast.uma, "letters").lifecycle_state == "HOT"


def test_prune__two_at_once__destroys_once__and_against_an_opening_one_of_them_wins(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = _old(cast)
    shown = _due(cast.ada).digest

    def act() -> str:
        try:
            _prune(cast.ada, shown)
        except NothingDue:
            return "nothing"
        return "destroyed"

    assert old.together(act, act) == ["destroyed", "nothing"]
    other = _old(cast, "invoices")
    real = stones._destroyed

    def opened(systems: object, *, at: datetime) -> bool:
        def fold() -> str:
            with in_tenant(cast.tenant.id):
                noting.note(scope=cast.uma, system_id=other.id, at=END)
            return str(noting.fold(scope=cast.tars, at=END))

        old.together(fold)
        return real(systems, at=at)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(CountsMoved, match="has changed since you looked"):
        patch.setattr(stones, "_destroyed", opened)
        _prune(cast.ada)
    assert desk.system(cast.uma, "invoices").lifecycle_state == "HOT"
    assert desk.system(cast.uma, system.name).lifecycle_state == "PRUNED"
    assert verified(cast.uma).is_verified
