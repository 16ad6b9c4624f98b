"""Stars become the system's average in a task: read whole, so twice is as good as once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from governance.scope import tars_scope
from routing.executions.afterwards import rate
from routing.executions.sealing import seal_receipts
from routing.executions.stars import LATELY, fold_all, fold_rated
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.agent(found, "payroll")
    return found


def rated(cast: make.Cast, *stars: int) -> None:
    for one in stars:
        done = desk.done(cast.mel, system="payroll")
        rate(scope=cast.mel, execution_id=done.id, stars=one, at=make.later(30))


def stars(cast: make.Cast) -> Decimal | None:
    return desk.system(cast.bo, "payroll").avg_user_satisfaction


def test_fold__rated_lately__the_system_has_the_average__twice_moves_nothing(cast: make.Cast) -> None:
    rated(cast, 5, 4, 4)
    tars, at = tars_scope(cast.tenant.id), make.later(31)
    assert (fold_rated(scope=tars, at=at), stars(cast)) == (1, Decimal("4.33"))
    assert (fold_rated(scope=tars, at=at), stars(cast)) == (0, Decimal("4.33"))


def test_fold__revised__follows(cast: make.Cast) -> None:
    done = desk.done(cast.mel, system="payroll")
    tars = tars_scope(cast.tenant.id)
    for given in (5, 2):
        rate(scope=cast.mel, execution_id=done.id, stars=given, at=make.later(30))
        fold_rated(scope=tars, at=make.later(31))
        assert stars(cast) == Decimal(given)


def test_fold__rated_long_ago__the_nightly_one_finds_it(cast: make.Cast) -> None:
    rated(cast, 3)
    tars, late = tars_scope(cast.tenant.id), make.later(30) + LATELY + timedelta(minutes=1)
    assert (fold_rated(scope=tars, at=late), stars(cast)) == (0, None)
    assert (fold_all(scope=tars, at=late), stars(cast)) == (1, Decimal(3))


def test_fold__another_tenant__moves_nothing(cast: make.Cast) -> None:
    rated(cast, 3)
    assert fold_all(scope=tars_scope(make.stranger().tenant_id), at=make.later(31)) == 0
    assert stars(cast) is None


def test_seal__counts_the_uses_and_when_it_was_used_last(cast: make.Cast) -> None:
    done = desk.done(cast.mel, system="payroll")
    seal_receipts(scope=cast.tars, at=make.later(30))
    seal_receipts(scope=cast.tars, at=make.later(31))
    system = desk.system(cast.bo, "payroll")
    assert (system.access_count, system.last_accessed_at) == (1, max(done.completed_at, system.created_at))
