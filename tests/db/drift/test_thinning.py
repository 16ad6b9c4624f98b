"""Every look for 90 days, then one a day; nothing while everything is on hold."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError

from governance.drift import thinning
from governance.drift.models import DriftScore
from governance.drift.tasks import thin
from governance.ids import new_id
from governance.tenancy import in_tenant
from routing.lifecycle import holds
from tests import factories as make
from tests.db.amendments.desk import at_once

OLD = make.AT - timedelta(days=100)


@pytest.fixture
def cast(database: None) -> make.Cast:
    made = make.cast()
    keep(made, *[(OLD + timedelta(hours=hour), score) for hour, score in ((0, 0.4), (3, 1.2), (9, 1.2), (12, 0.1))])
    keep(made, (OLD + timedelta(days=1), 0.0), (make.AT, 0.5), (make.later(1), 0.6))
    return made


def keep(cast: make.Cast, *looks: tuple[datetime, float]) -> None:
    with in_tenant(cast.tenant.id):
        DriftScore.objects.bulk_create(
            DriftScore(id=new_id(at), tenant_id=cast.tenant.id, system=cast.system, at=at, score=score, state="NORMAL")
            for at, score in looks
        )


def kept(cast: make.Cast) -> list[float]:
    with in_tenant(cast.tenant.id):
        return list(DriftScore.objects.order_by("at").values_list("score", flat=True))


def test_thin__keeps_the_largest_of_an_old_day__and_all_that_is_young(cast: make.Cast) -> None:
    assert thin() == 3
    assert kept(cast) == [1.2, 0.0, 0.5, 0.6]
    assert thinning.thin(tenant_id=cast.tenant.id, at=make.AT) == 0


def test_thin__two_at_once__drop_the_same(cast: make.Cast) -> None:
    def go() -> int:
        return thinning.thin(tenant_id=cast.tenant.id, at=make.AT)

    found = at_once([go, go])
    assert sum(one.result or 0 for one in found) == 3 and kept(cast) == [1.2, 0.0, 0.5, 0.6]


def test_thin__is_bounded(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "MOST", 2)
    assert [thinning.thin(tenant_id=cast.tenant.id, at=make.AT) for _ in range(2)] == [2, 1]


def test_thin__on_hold__drops_nothing(cast: make.Cast) -> None:
    hold = holds.place(scope=cast.ada, reason="A court asked.", at=make.AT)
    assert thinning.thin(tenant_id=cast.tenant.id, at=make.AT) == 0 and len(kept(cast)) == 7
    holds.release(scope=cast.ada, hold_id=hold.id, reason="Over.", at=make.later(1))
    assert thinning.thin(tenant_id=cast.tenant.id, at=make.later(2)) == 3


@pytest.mark.parametrize("spared", [make.AT, OLD + timedelta(days=1)])
def test_delete__of_what_is_young_or_the_last_of_its_day__refused_by_the_database(
    spared: datetime, cast: make.Cast
) -> None:
    with pytest.raises(DatabaseError, match="only what is old"), in_tenant(cast.tenant.id):
        DriftScore.objects.filter(at=spared).delete()
    with pytest.raises(DatabaseError, match="permission denied"), in_tenant(cast.tenant.id):
        DriftScore.objects.update(score=0)
