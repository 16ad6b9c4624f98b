"""Tool calls by day: rollups and the calls since are together exactly what the calls say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection

from governance.tenancy import in_tenant
from routing.connectors.contract import ToolCall as Told
from routing.figures import marks
from routing.figures.span import last_days, midnight
from routing.telemetry import actions, folding, queries
from routing.telemetry.folding import check, count_anew, fold
from routing.telemetry.models import ToolDay
from tests import factories as make
from tests.db.amendments.desk import at_once

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime.now(UTC)
SPAN = last_days(7, at=NOW)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def ran(cast: make.Cast, *, hours: float, tool: str = "audit", ok: bool = True, ms: int = 100) -> None:
    call = Told(server="domicile", tool=tool, is_success=ok, ms=ms, error="" if ok else "No.")
    with in_tenant(cast.tenant.id):
        actions.record_within(
            scope=cast.tars, calls=[call], execution_id=None, at=max(NOW - timedelta(hours=hours), SPAN.starts_at)
        )


def read(cast: make.Cast, **more: Any) -> Any:
    with in_tenant(cast.tenant.id):
        tools = queries.figures(scope=cast.bo, since=SPAN.starts_at, until=NOW, **more)
        days = queries.figures_by_day(scope=cast.bo, span=SPAN, at=NOW, **more)
    return queries.by_error_rate(tools), days


def assert_exact(cast: make.Cast) -> dict[str, tuple[int, int]]:
    found = read(cast)
    assert found == read(cast, is_exact=True)
    return {one.tool: (one.total, one.errors) for one in found[0]}


def test_figures__before_and_after_folding__are_the_calls_own(cast: make.Cast) -> None:
    for hours in (0.001, 0.02, 1, 30, 60, 100):
        ran(cast, hours=hours, ms=int(hours * 100))
    ran(cast, hours=50, tool="pay", ok=False)
    expected = {"audit": (6, 0), "pay": (1, 1)}
    assert assert_exact(cast) == expected
    assert fold(scope=cast.tars, at=NOW) == 0, "less than a full batch"
    with in_tenant(cast.tenant.id):
        assert sum(row.calls for row in ToolDay.objects.all()) == 5, "the youngest are not counted yet"
    assert assert_exact(cast) == expected
    fold(scope=cast.tars, at=NOW)
    assert assert_exact(cast) == expected


def test_fold__in_small_steps_and_by_three_at_once__counts_once(cast: make.Cast, monkeypatch: Any) -> None:
    for hours in range(1, 12):
        ran(cast, hours=hours)
    monkeypatch.setattr(folding, "BATCH", 3)
    at_once([lambda: fold(scope=cast.tars, at=NOW)] * 3)
    fold(scope=cast.tars, at=NOW)
    assert assert_exact(cast) == {"audit": (11, 0)}
    with in_tenant(cast.tenant.id):
        assert sum(row.calls for row in ToolDay.objects.all()) == 11


def test_horizon__stays_behind_the_oldest_transaction(cast: make.Cast) -> None:
    """A call that is written but not committed has a stamp that the mark has not passed."""
    begun, may_end = Event(), Event()

    def writer() -> None:
        try:
            with in_tenant(cast.tenant.id):
                marks.of(tenant_id=cast.tenant.id, source="any")
                begun.set()
                may_end.wait(30)
        finally:
            connection.close()

    thread = Thread(target=writer)
    thread.start()
    assert begun.wait(30)
    later = datetime.now(UTC) + timedelta(hours=1)
    with in_tenant(cast.tenant.id):
        assert marks.horizon(at=later) < later - timedelta(minutes=59)
    may_end.set()
    thread.join(30)
    with in_tenant(cast.tenant.id):
        assert marks.horizon(at=NOW) <= NOW - marks.SLACK


def test_past_that_is_written_later__is_counted_anew(cast: make.Cast) -> None:
    ran(cast, hours=2)
    fold(scope=cast.tars, at=NOW)
    ran(cast, hours=80)
    with in_tenant(cast.tenant.id):
        count_anew(tenant_id=cast.tenant.id, first=(NOW - timedelta(hours=80)).date(), at=NOW)
    assert assert_exact(cast) == {"audit": (2, 0)}


def test_check__a_call_that_came_too_late__is_found_and_counted_once(cast: make.Cast) -> None:
    ran(cast, hours=26)
    fold(scope=cast.tars, at=NOW)
    assert check(scope=cast.tars, at=NOW) == []
    ran(cast, hours=25)
    assert check(scope=cast.tars, at=NOW) == [(NOW - timedelta(hours=25)).date()]
    assert check(scope=cast.tars, at=NOW) == []
    assert assert_exact(cast) == {"audit": (2, 0)}


def test_range__that_begins_within_a_day__reads_its_calls(cast: make.Cast) -> None:
    ran(cast, hours=1)
    ran(cast, hours=23)
    fold(scope=cast.tars, at=NOW)
    with in_tenant(cast.tenant.id):
        found = queries.figures(scope=cast.bo, since=NOW - timedelta(hours=22), until=NOW)
    assert [one.total for one in found] == [1]


def test_ranges__of_days__begin_with_a_day() -> None:
    since, until, _ = queries.range_of("7d", at=NOW)
    assert (since, until) == (midnight(SPAN.first), NOW)


def test_stranger__sees_nothing(cast: make.Cast) -> None:
    ran(cast, hours=1)
    fold(scope=cast.tars, at=NOW)
    stranger = make.stranger()
    with in_tenant(stranger.tenant_id):
        assert queries.figures(scope=stranger, since=SPAN.starts_at, until=NOW) == []
