"""Executions by day: rollups and what is not rolled up yet are together exactly what the executions say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from governance.errors import NotAllowed, NotFound
from governance.tenancy import in_tenant
from routing.connectors.contract import AgentError
from routing.executions import days, folding
from routing.executions.afterwards import rate
from routing.executions.days import by_day, by_system
from routing.executions.folding import fold
from routing.executions.models import ExecutionDay
from routing.executions.sealing import seal_receipts
from routing.figures.marks import Moving
from routing.figures.span import last_days
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")
SPAN = last_days(30, at=make.later(60))


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.agent(found, "payroll")
    return found


def did(cast: make.Cast, count: int = 1) -> list[Any]:
    return [desk.done(cast.mel, system="payroll") for _ in range(count)]


def sealed(cast: make.Cast) -> None:
    seal_receipts(scope=cast.tars, at=make.later(30))


def folded(cast: make.Cast) -> int:
    return fold(scope=cast.tars, at=make.later(31))


def read(cast: make.Cast, **more: Any) -> tuple[Any, Any]:
    with in_tenant(cast.tenant.id):
        return (
            by_day(scope=cast.bo, span=SPAN, **more),
            by_system(scope=cast.bo, span=SPAN, **more),
        )


def assert_exact(cast: make.Cast, **more: Any) -> Any:
    found = read(cast, **more)
    assert found == read(cast, exact=True, **more)
    return found


def today(cast: make.Cast) -> Any:
    return assert_exact(cast)[0][-1].sums


def test_figures__before_during_and_after_folding__are_the_executions_own(cast: make.Cast) -> None:
    did(cast, 2)
    assert today(cast).total == 2, "only signed"
    sealed(cast)
    assert today(cast).total == 2, "anchored"
    assert folded(cast) == 2
    assert today(cast).total == 2, "rolled up"
    did(cast)
    assert today(cast).total == 3, "rolled up, and one that is not"
    sealed(cast)
    did(cast)
    assert today(cast).total == 4, "rolled up, anchored, only signed"


def test_figures__of_what_failed_and_of_what_nobody_got__are_counted(cast: make.Cast, monkeypatch: Any) -> None:
    did(cast)
    desk.breaks(monkeypatch, "payroll", AgentError("It is down."))
    did(cast)
    desk.done(cast.mel, text="What is the weather on the moon?")
    for step in (lambda: None, lambda: sealed(cast), lambda: folded(cast)):
        step()
        found = today(cast)
        assert (found.total, found.succeeded, found.failed) == (3, 1, 2)
        assert found.success_rate == Decimal("33.33")
        names = [one.name for one in read(cast)[1] if one.sums.total]
        assert names == ["payroll", ""]


def test_fold__twice_and_two_at_once__counts_once(cast: make.Cast) -> None:
    did(cast, 3)
    sealed(cast)
    assert sum(one.result for one in at_once([lambda: folded(cast)] * 3)) == 3
    assert folded(cast) == 0
    assert today(cast).total == 3


def test_fold__in_batches_smaller_than_an_entry_s__parts_none(cast: make.Cast, monkeypatch: Any) -> None:
    for count in (3, 1, 2):
        did(cast, count)
        sealed(cast)
    monkeypatch.setattr(folding, "BATCH", 2)
    with in_tenant(cast.tenant.id):
        assert folding._next(cast.tenant.id, 0)[0] == 2
    folded(cast)
    assert today(cast).total == 6
    with in_tenant(cast.tenant.id):
        assert sum(row.total for row in ExecutionDay.objects.all()) == 6


def test_fold__that_is_killed_in_between__has_done_nothing(cast: make.Cast, monkeypatch: Any) -> None:
    did(cast, 2)
    sealed(cast)
    with monkeypatch.context() as patch:
        patch.setattr(folding, "_read_stars", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            folded(cast)
    assert today(cast).total == 2
    assert folded(cast) == 2 and today(cast).total == 2


def test_fold__what_began_before_and_ends_after__is_counted_on_its_day(cast: make.Cast) -> None:
    slow = desk.asked(cast.mel, system="payroll", at=make.AT - timedelta(days=3))
    did(cast)
    sealed(cast)
    folded(cast)
    for minute in range(5, 20):
        desk.worked(cast.mel, slow, at=make.later(minute))
    for step in (lambda: None, lambda: sealed(cast), lambda: folded(cast)):
        step()
        assert [one.sums.total for one in assert_exact(cast)[0][-4:]] == [1, 0, 0, 1]


def test_stars__given_early_late_and_anew__are_exact_each_time(cast: make.Cast) -> None:
    def stars() -> Any:
        found = next(one for one in assert_exact(cast)[1] if one.name == "payroll")
        return found.sums.stars, found.sums.rated

    first, second = did(cast, 2)
    rate(scope=cast.mel, execution_id=first.id, stars=5, at=make.later(20))
    assert stars() == (Decimal(5), 1)
    sealed(cast)
    folded(cast)
    assert stars() == (Decimal(5), 1)
    rate(scope=cast.mel, execution_id=second.id, stars=2, at=make.later(40))
    assert stars() == (Decimal("3.5"), 2)
    fold(scope=cast.tars, at=make.later(41))
    rate(scope=cast.mel, execution_id=second.id, stars=3, at=make.later(42))
    assert stars() == (Decimal(4), 2)
    fold(scope=cast.tars, at=make.later(43))
    fold(scope=cast.tars, at=make.later(90))
    assert stars() == (Decimal(4), 2)


def test_read__while_the_mark_moves__reads_again(cast: make.Cast, monkeypatch: Any) -> None:
    did(cast)
    sealed(cast)
    with in_tenant(cast.tenant.id):
        stale = days.reach(tenant_id=cast.tenant.id)
    folded(cast)
    answers = [stale]
    real = days.reach
    monkeypatch.setattr(days, "reach", lambda **known: answers.pop() if answers else real(**known))
    assert read(cast)[0][-1].sums.total == 1
    monkeypatch.setattr(days, "reach", lambda **known: stale)
    with pytest.raises(Moving):
        read(cast)


def test_figures__of_one_system__and_of_an_unknown_one(cast: make.Cast) -> None:
    did(cast)
    found_days, systems = assert_exact(cast, system="payroll")
    assert (found_days[-1].sums.total, [one.name for one in systems]) == (1, ["payroll"])
    assert assert_exact(cast, system="clay-consigliere")[0][-1].sums.total == 0
    with pytest.raises(NotFound):
        read(cast, system="nobody")


def test_figures__for_a_stranger_and_a_member(cast: make.Cast) -> None:
    did(cast)
    sealed(cast)
    folded(cast)
    stranger = make.stranger()
    with in_tenant(stranger.tenant_id):
        assert by_day(scope=stranger, span=SPAN)[-1].sums.total == 0
    with in_tenant(cast.tenant.id), pytest.raises(NotAllowed):
        by_day(scope=cast.mel, span=SPAN)


def test_reading__asks_the_same_number_of_questions_whatever_there_is(cast: make.Cast) -> None:
    from django.test.utils import CaptureQueriesContext

    did(cast, 2)
    sealed(cast)
    folded(cast)
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as made:
        by_day(scope=cast.bo, span=SPAN)
    assert len(made) == 2
    assert SPAN.last - SPAN.first == timedelta(days=29)
