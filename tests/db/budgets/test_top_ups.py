"""More for a running window: asked, approved by somebody else, within a bound, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from billing.budgets.actions import approve_top_up, ask_top_up, expire_top_ups, reject_top_up, withdraw_top_up
from billing.budgets.errors import AboveBound, AboveContract, ReasonNeeded, TopUpClosed, WindowOver
from billing.budgets.models import TopUp
from governance.approvals.actions import Moved, NoteMissing, OwnProposal
from governance.approvals.queries import waiting_for, with_rows
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import planned, row, stand


@pytest.fixture
def cast(database: None) -> make.Cast:
    cast = make.cast()
    planned(cast)
    return cast


def _asked(cast: make.Cast, amount: str = "40", *, by: Scope | None = None, **options: Any) -> TopUp:
    settings = {"reason": "A busy month.", "at": make.AT, "resource_id": row(cast).id, **options}
    return ask_top_up(scope=by or cast.bo, amount=Decimal(amount), **settings)


def _approved(by: Scope, wish: TopUp, **options: Any) -> TopUp:
    settings = {"digest": wish.digest, "at": make.AT, "confirmation": make.confirmed(by, at=make.AT), **options}
    return approve_top_up(scope=by, number=wish.number, **settings)


def test_top_up__asked_and_approved_by_another__raises_the_total(cast: make.Cast) -> None:
    wish = _asked(cast)
    assert stand(cast)[2] == "100"
    assert _approved(cast.tess, wish).state == "applied"
    assert stand(cast)[2] == "140"
    with in_tenant(cast.tenant.id):
        rows = LedgerEntry.objects.filter(action_name__endswith="_top_up").order_by("sequence")
        assert list(rows.values_list("action_name", flat=True)) == ["budgets.ask_top_up", "budgets.approve_top_up"]


def test_top_up__bound__half_of_the_plan_in_all(cast: make.Cast) -> None:
    with pytest.raises(AboveBound, match=r"At most 50\.00 USD"):
        _asked(cast, "50.01")
    _approved(cast.tess, _asked(cast))
    with pytest.raises(AboveBound, match=r"At most 10\.00 USD"):
        _asked(cast, "11")


def test_top_up__never_above_the_contract(cast: make.Cast) -> None:
    planned(cast, str(cast.tenant.max_monthly_budget))
    with pytest.raises(AboveContract):
        _asked(cast, "1")


def test_top_up__requester_stranger_and_wrong_role__refused(cast: make.Cast) -> None:
    wish = _asked(cast, by=cast.tess)
    for scope, error in (
        (cast.tess, OwnProposal),
        (cast.bo, NotAllowed),
        (cast.uma, NotAllowed),
        (make.stranger(), NotFound),
    ):
        with pytest.raises(error):
            _approved(scope, wish)
    for scope, error in ((cast.ada, NotAllowed), (cast.mel, NotAllowed), (make.stranger(), NotFound)):
        with pytest.raises(error):
            _asked(cast, by=scope)
    with pytest.raises(Moved):
        _approved(cast.ada, wish, digest="sha256:" + "0" * 64)
    assert _approved(cast.ada, wish).state == "applied"


def test_top_up__twice_and_two_at_once__applied_once(cast: make.Cast) -> None:
    wish = _asked(cast)

    def approve(scope: Scope) -> str:
        try:
            return _approved(scope, wish).state
        except TopUpClosed:
            return "closed"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, (cast.tess, cast.ada))) == ["applied", "closed"]
    assert stand(cast)[2] == "140"


def test_top_up__rejected_withdrawn_or_expired__changes_nothing(cast: make.Cast) -> None:
    wish = _asked(cast)
    confirmation = make.confirmed(cast.tess, at=make.AT)
    settings: dict[str, Any] = {"scope": cast.tess, "digest": wish.digest, "confirmation": confirmation, "at": make.AT}
    with pytest.raises(NoteMissing):
        reject_top_up(number=wish.number, note=" ", **settings)
    assert reject_top_up(number=wish.number, note="No.", **settings).state == "rejected"
    second = _asked(cast)
    with pytest.raises(NotAllowed, match="Only"):
        withdraw_top_up(scope=cast.tess, number=second.number, at=make.AT)
    assert withdraw_top_up(scope=cast.bo, number=second.number, at=make.AT).state == "withdrawn"
    with pytest.raises(TopUpClosed):
        _approved(cast.tess, second)
    _asked(cast)
    assert [expire_top_ups(scope=cast.tars, at=make.later(40 * 24 * 60)) for _ in range(2)] == [1, 0]
    assert stand(cast)[2] == "100"


def test_top_up__without_a_reason_or_of_a_window_that_is_over__refused(cast: make.Cast) -> None:
    with pytest.raises(ReasonNeeded):
        _asked(cast, reason=" ")
    with pytest.raises(WindowOver):
        _asked(cast, at=make.later(40 * 24 * 60))


def test_inbox__shows_a_top_up_to_who_can_decide(cast: make.Cast) -> None:
    wish = _asked(cast)
    with in_tenant(cast.tenant.id):
        found = with_rows(waiting_for(scope=cast.tess, at=make.AT), scope=cast.tess, at=make.AT)
        assert waiting_for(scope=cast.bo, at=make.AT) == ()
    assert [item.row.label for item in found] == [f"TOP-{wish.number}"]


def test_record__after_a_yes_and_a_no__holds_both_signed_answers(cast: make.Cast) -> None:
    _approved(cast.tess, _asked(cast, "10"))
    no = _asked(cast, "20")
    confirmation = make.confirmed(cast.tess, at=make.AT)
    reject_top_up(
        scope=cast.tess, number=no.number, digest=no.digest, note="Not now.", confirmation=confirmation, at=make.AT
    )
    with in_tenant(cast.tenant.id):
        report = verify(stream(cast.tenant.id))
    assert (report.is_verified, report.counts["decision"]) == (True, 2), report.findings
