"""Amendments are added up by system and by day; what is not added up yet is read beside it, so the sums are always exact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate

from governance.amendments import counting, tasks
from governance.amendments.models import AmendmentCount, AmendmentDay, ConstitutionalAmendment
from governance.tenancy import in_tenant
from tests import factories as make

FIRST = date(2020, 1, 1)


def agree(cast: make.Cast) -> list[tuple[int, int]]:
    """The sums as they are read, the same as the amendments themselves say; (total, undone) of each system."""
    scope = cast.uma
    with in_tenant(scope.tenant_id):
        found = counting.by_system(scope=scope)
        assert found == counting.by_system(scope=scope, is_exact=True)
        days: dict[tuple[date, str], tuple[int, int]] = {}
        for one in counting.by_day(scope=scope, first=FIRST):
            total, undone = days.get((one.day, one.type), (0, 0))
            days[one.day, one.type] = (total + one.total, undone + one.undone)
        rows = ConstitutionalAmendment.objects.annotate(on=TruncDate("approved_at", tzinfo=UTC))
        rows = rows.values_list("on", "amendment_type").annotate(total=Count("*"), undone=Count("rolled_back_at"))
        assert days == {(on, type): (total, undone) for on, type, total, undone in rows}
    return sorted((one.total, one.undone) for one in found.lines)


def test_sums__before_between_and_after_counting__are_what_the_amendments_say() -> None:
    cast = make.cast()
    assert agree(cast) == [(0, 0)]
    make.applied(cast, fallback_delay_ms=900, at=make.AT - timedelta(days=200))
    assert agree(cast) == [(1, 0)]
    assert (counting.fold(scope=cast.tars), counting.fold(scope=cast.tars)) == (1, 0)
    make.applied(cast, fallback_delay_ms=800)
    assert agree(cast) == [(2, 0)]
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=700))
    assert agree(cast) == [(3, 1)]
    counting.fold(scope=cast.tars)
    with in_tenant(cast.tenant.id):
        kept = AmendmentCount.objects.get(tenant_id=cast.tenant.id)
        assert (kept.version, kept.total, kept.undone) == (5, 3, 1)
        assert AmendmentDay.objects.order_by("day").first().day == (make.AT - timedelta(days=200)).date()
    assert agree(cast) == [(3, 1)]


def test_fold__a_few_versions_at_a_time_and_two_workers_at_once__counts_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast, stranger = make.cast(), make.cast()
    for step in range(5):
        make.applied(cast, fallback_delay_ms=900 - step)
    make.applied(stranger, fallback_delay_ms=100)
    monkeypatch.setattr(counting, "_NEXT", counting._NEXT.replace(f"+ {counting.VERSIONS}", "+ 2"))

    def work(_: int) -> int:
        try:
            return counting.fold(scope=cast.tars)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    counting.fold(scope=cast.tars)
    assert agree(cast) == [(5, 0)]
    with in_tenant(cast.tenant.id):
        assert AmendmentCount.objects.get().version == 6
    assert agree(stranger) == [(1, 0)]


def test_since__those_with_the_most_and_how_many_there_are() -> None:
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=900, at=make.AT - timedelta(days=90))
    for step in range(2):
        make.applied(cast, fallback_delay_ms=800 - step)
    first = make.AT.date() - timedelta(days=30)
    with in_tenant(cast.tenant.id):
        found = counting.since(scope=cast.uma, first=first, most=1)
        assert found == counting.Since(2, {cast.system.name: 2})
        assert counting.since(scope=cast.uma, first=first, system=cast.system.name, most=1) == found
        assert counting.since(scope=cast.uma, first=first, system="nobody", most=1) == counting.Since(0, {})


def test_count__every_tenant__one_that_fails_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, other = make.cast(), make.cast()
    for one in (cast, other):
        make.applied(one, fallback_delay_ms=900)
    fold, failing = counting.fold, cast.tenant.id

    def some(*, scope: object) -> int:
        if scope.tenant_id == failing:  # type: ignore[attr-defined]
            raise RuntimeError("no")
        return fold(scope=scope)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "fold", some)
    assert tasks.count() >= 1
    with in_tenant(other.tenant.id):
        assert AmendmentCount.objects.get().total == 1
