"""What is due is destroyed by a person who saw the counts: tombstone, certificate, holds, retention."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError
from psycopg.types.json import Jsonb

from governance.audit.queries import explained, verified
from governance.errors import Invalid, NotAllowed, NotFound
from governance.identity.confirm import NotConfirmed
from governance.ledger import merkle
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from routing.executions import proof
from routing.executions.queries import receipt
from routing.lifecycle import ageing, ages, holds, moving, pruning, queries, retention
from routing.lifecycle.checking import check
from routing.lifecycle.errors import CountsMoved, NotArchived, NothingDue, OnHold
from routing.lifecycle.pruning import Due, Pruned
from routing.telemetry.actions import report
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.tenants.catalogue import rows, run

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _due(scope: Scope, at: datetime = END) -> Due:
    with in_tenant(scope.tenant_id):
        return pruning.due(scope=scope, at=at)


def _prune(scope: Scope, digest: str | None = None, *, at: datetime = END) -> Pruned:
    shown = _due(scope, at).digest if digest is None else digest
    return pruning.prune(
        scope=scope, digest=shown, reason="Seven years are over.", confirmation=make.confirmed(scope, at=at), at=at
    )


def test_prune__leaves_a_tombstone_and_a_certificate(cast: make.Cast) -> None:
    _, (made, other) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    digests = sorted(row.digest for row in old.rows(cast.bo))
    shown = _due(cast.ada)
    assert (shown.rows, shown.held, shown.more) == (2, 0, 0) and shown.bytes > 1000
    done = _prune(cast.ada, shown.digest)
    assert (done.rows, done.files) == (2, 1) and old.files(cast) == []
    stone = old.whole(cast.bo, made.id)["execution"][0]
    assert stone["user_request"] == "Destroyed" and stone["output_data"] is None and stone["status"] == "success"
    assert old.state(cast.bo, made.id) == old.state(cast.bo, other.id) == "PRUNED"
    with in_tenant(cast.tenant.id):
        action = explained(scope=cast.uma, sequence=done.sequence).document["content"]["action"]
        finding = proof.judged(receipt(scope=cast.uma, id=made.id).as_json())
    assert action["rows"] == 2 and action["confirmed_with"] == "password" and len(action["files"]) == 1
    roots = {merkle.root([one.encode() for one in order]).hex() for order in (digests, digests[::-1])}
    assert action["root"] in roots
    assert finding.is_genuine and verified(cast.uma).is_verified and check(scope=cast.uma).is_whole
    with pytest.raises(NothingDue):
        _prune(cast.ada)
    with pytest.raises(NotArchived):
        moving.restore(scope=cast.bo, execution_id=made.id, at=END)


def test_prune__destroys_what_was_reported_while_it_was_away(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    report(scope=cast.bo, calls=[{"tool": "audit", "error": "Ada's pay.", "execution_id": str(made.id)}], at=old.LATER)
    _prune(cast.ada)
    assert {call["error_message"] for call in old.whole(cast.bo, made.id)["calls"]} == {None}


def test_prune__before_its_time__nothing_is_due__and_the_database_says_so_too(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    early = old.LATER + timedelta(days=365 * 6)
    with in_tenant(cast.tenant.id):
        assert pruning.due(scope=cast.ada, at=early).rows == 0
    with pytest.raises(DatabaseError, match="tars_held"), in_tenant(cast.tenant.id):
        run("SELECT tars_prune(ARRAY[%s], %s)", made.id, early)


def test_prune__needs_a_person_with_the_right_a_reason_and_what_was_shown(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    for scope in (cast.bo, cast.uma, cast.sam):
        with pytest.raises(NotAllowed):
            _prune(scope)
    with pytest.raises(NothingDue):
        other = make.cast()
        _prune(other.ada)
    with pytest.raises(CountsMoved):
        _prune(cast.ada, "sha256:other")
    digest = _due(cast.ada).digest
    with pytest.raises(ReasonMissing):
        pruning.prune(scope=cast.ada, digest=digest, reason=" ", confirmation=make.confirmed(cast.ada, at=END), at=END)
    with pytest.raises(NotConfirmed):
        pruning.prune(scope=cast.ada, digest=digest, reason="x", confirmation=make.confirmed(cast.bo, at=END), at=END)
    with pytest.raises(NotAllowed):
        token = Scope(
            cast.tenant.id,
            cast.ada.actor,
            cast.ada.roles,
            grants=frozenset({Capability.RETAIN, Capability.READ_RECORD}),
        )
        _prune(token, digest)
    assert old.state(cast.bo, made.id) == "ARCHIVED" and len(old.files(cast)) == 1


def test_prune__with_one_on_hold__writes_the_file_anew_without_the_rest(cast: make.Cast) -> None:
    _, (gone, stays) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    (before,) = old.files(cast)
    hold = holds.place(scope=cast.tess, execution_id=stays.id, reason="A court asked.", at=END)
    assert (_due(cast.ada).rows, _due(cast.ada).held) == (1, 1)
    assert _prune(cast.ada).held == 1
    (after,) = old.files(cast)
    assert after != before and (old.state(cast.bo, gone.id), old.state(cast.bo, stays.id)) == ("PRUNED", "ARCHIVED")
    assert check(scope=cast.uma).is_whole
    with pytest.raises(NothingDue):
        _prune(cast.ada)
    with pytest.raises(DatabaseError, match="tars_held"), in_tenant(cast.tenant.id):
        run("SELECT tars_prune(ARRAY[%s], %s)", stays.id, END)
    moving.restore(scope=cast.bo, execution_id=stays.id, at=END)
    holds.release(scope=cast.tess, hold_id=hold.id, reason="The court is done.", at=END)
    assert old.state(cast.bo, stays.id) == "HOT" and verified(cast.uma).is_verified


@pytest.mark.parametrize("kind", ["tenant", "system"])
def test_prune__with_everything_on_hold__nothing_is_due(cast: make.Cast, kind: str) -> None:
    old.archived(cast)
    holds.place(scope=cast.ada, system="payroll" if kind == "system" else "", reason="A court asked.", at=END)
    assert (_due(cast.ada).rows, _due(cast.ada).held) == (0, 1)
    with pytest.raises(NothingDue, match="1 are due and on hold"):
        _prune(cast.ada)


def test_prune__of_what_came_back_once__destroys_both_files(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    ageing.age(scope=cast.tars, at=old.moment(800))
    moving.archive(scope=cast.tars, at=old.moment(800))
    assert len(old.files(cast)) == 2
    assert _prune(cast.ada, at=END + timedelta(days=800)).files == 2 and old.files(cast) == []


def test_prune__killed_before_and_after_its_end__is_whole_after_the_next(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (made,) = old.archived(cast)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pruning, "_certified", dies)
        _prune(cast.ada)
    assert old.state(cast.bo, made.id) == "ARCHIVED" and check(scope=cast.uma).is_whole
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pruning, "_drop", dies)
        _prune(cast.ada)
    assert old.state(cast.bo, made.id) == "PRUNED"
    assert "was destroyed, and is still in the store" in check(scope=cast.uma).faults[0]
    assert moving.sweep(scope=cast.tars, at=END, named=frozenset()) == 1
    assert check(scope=cast.uma).is_whole and verified(cast.uma).is_verified


def test_prune__two_at_once__destroys_once(cast: make.Cast) -> None:
    old.archived(cast)
    digest = _due(cast.ada).digest

    def act() -> str:
        try:
            _prune(cast.ada, digest)
        except NothingDue:
            return "nothing"
        return "destroyed"

    assert (old.together(act, act)) == ["destroyed", "nothing"]


def test_hold__who_may__twice__released_once(cast: make.Cast) -> None:
    for scope in (cast.bo, cast.uma, cast.sam):
        with pytest.raises(NotAllowed):
            holds.place(scope=scope, reason="x", at=make.AT)
    with pytest.raises(ReasonMissing):
        holds.place(scope=cast.ada, reason=" ", at=make.AT)
    with pytest.raises(NotFound):
        holds.place(scope=cast.ada, system="nobody", reason="x", at=make.AT)
    hold = holds.place(scope=cast.ada, system="payroll", reason="A court asked.", at=make.AT)
    with pytest.raises(OnHold):
        holds.place(scope=cast.tess, system="payroll", reason="Again.", at=make.AT)
    with pytest.raises(NotFound):
        holds.release(scope=make.cast().ada, hold_id=hold.id, reason="x", at=make.AT)
    with pytest.raises(NotAllowed):
        holds.release(scope=cast.bo, hold_id=hold.id, reason="x", at=make.AT)
    holds.release(scope=cast.tess, hold_id=hold.id, reason="Done.", at=make.AT)
    with pytest.raises(OnHold):
        holds.release(scope=cast.tess, hold_id=hold.id, reason="Done.", at=make.AT)
    assert verified(cast.uma).is_verified


def test_retention__dry_run_and_change(cast: make.Cast) -> None:
    _, (made, other) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    holds.place(scope=cast.ada, execution_id=other.id, reason="A court asked.", at=END)
    with in_tenant(cast.tenant.id):
        longer = retention.preview(scope=cast.uma, years=10, at=END)
        same = retention.preview(scope=cast.uma, years=7, at=END)
        shorter = retention.preview(scope=cast.uma, years=1, at=old.moment(900))
    assert (longer.sentence, longer.due) == ("2 move, 0 pruned, 1 held", 0)
    assert (same.moves, same.stays) == (0, 2) and (shorter.moves, shorter.due) == (2, 1)
    for scope in (cast.bo, cast.uma):
        with pytest.raises(NotAllowed):
            retention.change(scope=scope, years=10, reason="x", confirmation=make.confirmed(scope, at=END), at=END)
    with pytest.raises(Invalid):
        retention.change(scope=cast.ada, years=0, reason="x", confirmation=make.confirmed(cast.ada, at=END), at=END)
    did = retention.change(
        scope=cast.tess, years=10, reason="Tax law.", confirmation=make.confirmed(cast.tess, at=END), at=END
    )
    assert did == longer and (_due(cast.ada).rows, old.state(cast.bo, made.id)) == (0, "ARCHIVED")
    with pytest.raises(Invalid, match="already"):
        retention.change(scope=cast.tess, years=10, reason="x", confirmation=make.confirmed(cast.tess, at=END), at=END)
    assert verified(cast.uma).is_verified


def test_retention__two_at_once__and_a_stranger(cast: make.Cast) -> None:
    other = make.cast()

    def change(scope: Scope) -> str:
        try:
            confirmed = make.confirmed(scope, at=END)
            retention.change(scope=scope, years=10, reason="Tax law.", confirmation=confirmed, at=END)
        except Invalid:
            return "already"
        return "changed"

    assert old.together(lambda: change(cast.tess), lambda: change(cast.ada)) == ["already", "changed"]
    with in_tenant(other.tenant.id):
        assert queries.retention_years(scope=other.uma) == 7


def test_retention__a_constitution_that_asks_for_longer_wins(cast: make.Cast) -> None:
    constitution = {"skill": "booker", "version": "1.0.0", "capabilities": ["book"], "retention_period_days": 3650}
    with in_tenant(cast.tenant.id):
        ((until, shorter, nested),) = _kept_until(constitution)
    assert (
        (until - old.LATER).days == 3650
        and (shorter - old.LATER).days == 365 * 7 + 2
        and (nested - old.LATER).days == 9999
    )


@pytest.mark.parametrize("days", [10**12, -(10**12), 1e300])
def test_retention__a_constitution_that_asks_for_no_date__is_no_fault(cast: make.Cast, days: float) -> None:
    with in_tenant(cast.tenant.id):
        ((until,),) = rows("SELECT tars_kept_until(%s, 7, %s)", old.LATER, Jsonb({"retention_period_days": days}))
    assert until == ages.kept_until(old.LATER, years=7, constitution={"retention_period_days": days})


def _kept_until(constitution: dict[str, object]) -> list[tuple[object, ...]]:
    short, nested = {"retention_period_days": 30}, {"retention": {"period_days": 9999}}
    one = "tars_kept_until(%s, 7, %s)"
    values = [part for said in (constitution, short, nested) for part in (old.LATER, Jsonb(said))]
    return rows(f"SELECT {one}, {one}, {one}", *values)
