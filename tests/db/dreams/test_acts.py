"""What people do to nights: a second time, a stranger, a wrong role, two at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dreams.cycles import planning, promoting, regression, settings, stopping, wishes
from dreams.cycles.models import Dream, DreamBar, DreamCycle, DreamWish, RegressionRequest, State
from dreams.cycles.promoting import NotPromotable
from dreams.cycles.stopping import NightOver
from dreams.cycles.wishes import Barred, NotTestable
from governance.amendments.models import AmendmentProposal
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.db.lifecycle.old import together

pytestmark = pytest.mark.usefixtures("database")
CHANGES = {"/fuzzy_match_threshold": 0.3}


def _said(act: Callable[[], Any]) -> Callable[[], str]:
    """What came of it, as a word."""

    def done() -> str:
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        return "done"

    return done


def _ask(scope: Scope) -> Any:
    return wishes.ask(scope=scope, system_name=desk.NAME, changes=CHANGES, note="", at=desk.NIGHT)


def _won(cast: make.Cast) -> Dream:
    settings.change(scope=cast.bo, changes={"proposes": False}, reason="We look first.", at=make.later(1))
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    return next(one for one in desk.dreams(cast, cycle) if one.not_proposed_because == promoting.WAITS)


def test_ask__a_wrong_role_a_stranger_or_twice__is_refused() -> None:
    cast = desk.cast()
    with pytest.raises(NotAllowed):
        _ask(cast.uma)
    with pytest.raises(NotFound):
        _ask(make.stranger())
    wish = _ask(cast.bo)
    with pytest.raises(NotTestable, match="waits for the next night already"):
        _ask(cast.cy)
    with pytest.raises(NotAllowed):
        wishes.withdraw(scope=cast.uma, wish_id=wish.id, at=desk.NIGHT)
    with pytest.raises(NotFound):
        wishes.withdraw(scope=make.stranger(), wish_id=wish.id, at=desk.NIGHT)


def test_withdraw__two_at_once__one_does_it() -> None:
    cast = desk.cast()
    wish = _ask(cast.bo)

    def withdraw() -> object:
        return wishes.withdraw(scope=cast.bo, wish_id=wish.id, at=desk.NIGHT)

    assert together(_said(withdraw), _said(withdraw)) == ["done", "not_found"]
    with in_tenant(cast.tenant.id):
        assert DreamWish.objects.get().withdrawn_at == desk.NIGHT


def test_bar__a_wrong_role_a_stranger_or_twice__is_refused_and_two_at_once_bar_once() -> None:
    cast = desk.cast()
    dream = desk.dreams(cast, desk.planned(cast))[1]

    def bar(scope: Scope) -> DreamBar:
        return wishes.bar(scope=scope, dream_id=dream.id, reason="No.", at=desk.NIGHT)

    with pytest.raises(NotAllowed):
        bar(cast.uma)
    with pytest.raises(NotFound):
        bar(make.stranger())
    assert sorted(together(_said(lambda: bar(cast.ada)), _said(lambda: bar(cast.bo)))) == ["barred", "done"]
    with pytest.raises(Barred):
        bar(cast.ada)
    with in_tenant(cast.tenant.id):
        row = DreamBar.objects.get()

    def lift(scope: Scope) -> DreamBar:
        return wishes.lift(scope=scope, bar_id=row.id, reason="Yes.", at=desk.NIGHT)

    with pytest.raises(NotAllowed):
        lift(cast.uma)
    with pytest.raises(NotFound):
        lift(make.stranger())
    assert sorted(together(_said(lambda: lift(cast.ada)), _said(lambda: lift(cast.bo)))) == ["done", "not_found"]


def test_bar__the_dummy__has_nothing_to_bar() -> None:
    cast = desk.cast()
    dummy = desk.dreams(cast, desk.planned(cast))[0]
    with pytest.raises(Invalid, match="changes nothing"):
        wishes.bar(scope=cast.ada, dream_id=dummy.id, reason="No.", at=desk.NIGHT)


def test_plan__two_at_once__there_is_one_night() -> None:
    cast = desk.cast()

    def plan() -> object:
        return planning.plan(scope=cast.bo, system_name=desk.NAME, seed=7, at=desk.NIGHT)

    assert sorted(together(_said(plan), _said(plan))) == ["done", "not_dreamable"]
    with in_tenant(cast.tenant.id):
        assert DreamCycle.objects.count() == 1


def test_stop__a_stranger_or_two_at_once__it_ends_once() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)

    def stop(scope: Scope) -> DreamCycle:
        return stopping.stop(scope=scope, cycle_id=cycle.cycle_id, reason="Moving.", at=desk.NIGHT)

    with pytest.raises(NotFound):
        stop(make.stranger())
    with pytest.raises(NotAllowed):
        stop(cast.uma)
    assert sorted(together(_said(lambda: stop(cast.bo)), _said(lambda: stop(cast.cy)))) == ["done", "night_over"]
    assert desk.now(cast, cycle).state == State.STOPPED
    with pytest.raises(NightOver):
        stop(cast.bo)


def test_propose__two_at_once__there_is_one_amendment() -> None:
    cast = desk.cast()
    dream = _won(cast)

    def propose(scope: Scope) -> AmendmentProposal:
        return promoting.propose(scope=scope, dream_id=dream.id, at=desk.NIGHT + timedelta(hours=6))

    with pytest.raises(NotAllowed):
        propose(cast.uma)
    with pytest.raises(NotFound):
        propose(make.stranger())
    found = sorted(together(_said(lambda: propose(cast.bo)), _said(lambda: propose(cast.cy))))
    assert found == ["done", "not_promotable"]
    with in_tenant(cast.tenant.id):
        assert AmendmentProposal.objects.count() == 1
    with pytest.raises(NotPromotable, match="proposed already"):
        propose(cast.bo)


def test_freeze__a_wrong_role_a_stranger_or_two_at_once__it_is_frozen_once() -> None:
    cast = desk.cast()
    (one,) = desk.serve(cast, 1, first=make.later(9_000))

    def freeze(scope: Scope) -> RegressionRequest:
        return regression.freeze(scope=scope, system_name=desk.NAME, request_key=str(one.id), at=desk.NIGHT)

    with pytest.raises(NotAllowed):
        freeze(cast.uma)
    with pytest.raises(NotFound):
        freeze(make.stranger())
    assert sorted(together(_said(lambda: freeze(cast.bo)), _said(lambda: freeze(cast.cy)))) == ["done", "invalid"]

    def thaw(scope: Scope) -> None:
        regression.thaw(scope=scope, system_name=desk.NAME, request_key=str(one.id), at=desk.NIGHT)

    with pytest.raises(NotAllowed):
        thaw(cast.uma)
    with pytest.raises(NotFound):
        thaw(make.stranger())
    assert sorted(together(_said(lambda: thaw(cast.bo)), _said(lambda: thaw(cast.cy)))) == ["done", "not_found"]


def test_freeze__somebody_else_s_execution__is_not_there() -> None:
    cast, other = desk.cast(served=1), desk.cast(served=1)
    with in_tenant(other.tenant.id):
        foreign = desk.system(other)
    (theirs,) = desk.serve(other, 1, first=make.later(9_000))
    assert foreign.name == desk.NAME
    with pytest.raises(NotFound):
        regression.freeze(scope=cast.bo, system_name=desk.NAME, request_key=str(theirs.id), at=desk.NIGHT)


def test_change__a_wrong_role_or_twice__is_refused_and_two_at_once_both_hold() -> None:
    cast = desk.cast()

    def change(scope: Scope, **changes: Any) -> object:
        return settings.change(scope=scope, changes=changes, reason="So.", at=desk.NIGHT)

    with pytest.raises(NotAllowed):
        change(cast.uma, is_on=False)
    acts = _said(lambda: change(cast.bo, window_hour=4)), _said(lambda: change(cast.ada, most_candidates=5))
    assert together(*acts) == ["done", "done"]
    with in_tenant(cast.tenant.id):
        found = settings.chosen(scope=cast.tars)
    assert (found.window_hour, found.most_candidates) == (4, 5)
    with pytest.raises(Invalid, match="already"):
        change(cast.bo, window_hour=4)
