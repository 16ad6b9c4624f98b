"""Nights by the clock: planned once in their window, noted, forgotten with time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from dreams.cycles import forgetting, signals, stopping, tasks
from dreams.cycles import settings as nights
from dreams.cycles.calendar import next_window
from dreams.cycles.choices import DEFAULT_AIM
from dreams.cycles.models import DreamCycle, DreamRun, State
from dreams.guardrails.reading import Watched
from governance.jobs import attempts
from governance.jobs.actions import cancel
from governance.jobs.models import Job
from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.lifecycle.forgetting import Destroyed
from tests import factories as make
from tests.db.dreams import desk

pytestmark = pytest.mark.usefixtures("database")
DAY = desk.NIGHT.date()


def clock(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(DAY, time(hour, minute), UTC)


def cycles(cast: make.Cast) -> list[DreamCycle]:
    with in_tenant(cast.tenant.id):
        return list(DreamCycle.objects.select_related("system").order_by("starts_at"))


def chosen_window(cast: make.Cast, hour: int) -> None:
    window = {"window_hour": hour, "window_hours": 4}
    router_sleeps = {cast.system.name: replace(DEFAULT_AIM, is_on=False)}
    nights.change(scope=cast.bo, changes=window, aims=router_sleeps, reason="It is quiet.", at=make.AT)


def test_plan__shortly_before_the_window__plans_its_beginning_once() -> None:
    cast = desk.cast()
    chosen_window(cast, 3)
    assert tasks.plan_tenant(scope=cast.tars, at=clock(2, 15)) == 0
    assert tasks.plan_tenant(scope=cast.tars, at=clock(2, 45)) == 1
    assert tasks.plan_tenant(scope=cast.tars, at=clock(3, 0)) == 0
    (cycle,) = cycles(cast)
    assert (cycle.system.name, cycle.starts_at, cycle.deadline_at) == (desk.NAME, clock(3), clock(7))
    assert cycle.cycle_id == f"dream-{DAY}-03:00"


def test_plan__late_in_the_window__ends_with_it() -> None:
    cast = desk.cast()
    chosen_window(cast, 3)
    assert tasks.plan_tenant(scope=cast.tars, at=clock(5)) == 1
    assert cycles(cast)[0].deadline_at == clock(7)


def test_plan__with_little_left__waits_for_the_next_night() -> None:
    cast = desk.cast()
    chosen_window(cast, 3)
    assert tasks.plan_tenant(scope=cast.tars, at=clock(6, 45)) == 0


def test_plan__switched_off__plans_nothing() -> None:
    cast = desk.cast()
    chosen_window(cast, 3)
    nights.change(scope=cast.bo, changes={"is_on": False}, reason="Quiet, please.", at=make.AT)
    assert tasks.plan_tenant(scope=cast.tars, at=clock(3)) == 0


def test_plan__a_system_switched_off__is_left_out() -> None:
    cast = desk.cast()
    chosen_window(cast, 3)
    aims = {desk.NAME: replace(desk.AIM, is_on=False)}
    nights.change(scope=cast.bo, changes={}, aims=aims, reason="Not this one.", at=make.AT)
    assert tasks.plan_tenant(scope=cast.tars, at=clock(3)) == 0


def test_window__found__lies_where_nothing_was_asked() -> None:
    cast = desk.cast(served=0)
    first = desk.NIGHT - timedelta(days=3)
    for hour in (*range(6), *range(10, 24)):
        desk.serve(cast, 2, first=datetime.combine(first.date(), time(hour), UTC))
    with in_tenant(cast.tenant.id):
        counts = signals.hours(scope=cast.tars, at=desk.NIGHT)
        starts, _ = next_window(scope=cast.tars, chosen=nights.chosen(scope=cast.tars), at=clock(0))
    assert counts == [0 if hour in range(6, 10) else 2 for hour in range(24)]
    assert starts == clock(6)


def test_signals__fallbacks_and_low_stars__are_counted_of_the_system_alone() -> None:
    cast = desk.cast(served=0)
    one, other = desk.serve(cast, 2)
    with in_tenant(cast.tenant.id):
        Execution.objects.filter(id=one.id).update(user_satisfaction=1, rated_at=make.AT, rated_by="bo")
        watched = Watched(cast.tenant.id, desk.system(cast).id, is_router=False)
        found = signals.signals(scope=cast.tars, watched=watched, document=desk.LAW, at=desk.NIGHT)
    assert (found.ratings.rated, found.ratings.low) == (1, 1)
    assert found.telemetry.fallbacks == 0
    assert found.history == found.barred == found.wishes == ()
    assert other.user_satisfaction is None


def test_forget__a_destroyed_request__leaves_figures_and_no_words() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle, progress=desk.called_off)
    before = desk.runs(cast, cycle)
    key = before[0].request_key
    with in_tenant(cast.tenant.id):
        gone = Destroyed(frozenset({UUID(key)}), frozenset(), desk.NIGHT)
        assert forgetting.forget(cast.tars, gone) == sum(one.request_key == key for one in before)
        rows = list(DreamRun.objects.filter(request_key=key))
    assert all("Audit" not in str(row.ran) for row in rows)
    assert {row.ran["status"] for row in rows} == {"completed"}
    assert {row.ran["duration_ms"] for row in rows} == {100}


def test_drop_old__nights_long_ago__lose_their_runs_and_keep_their_dreams() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle, progress=desk.called_off)
    count = len(desk.runs(cast, cycle))
    assert forgetting.drop_old(scope=cast.tars, at=desk.NIGHT + timedelta(days=30)) == 0
    assert forgetting.drop_old(scope=cast.tars, at=desk.NIGHT + timedelta(days=200)) == count
    assert desk.runs(cast, cycle) == []
    assert len(desk.dreams(cast, cycle)) > 1


def test_job__called_off_before_it_ran__ends_the_night() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(kind="dreams.night")
    cancel(scope=cast.bo, job_id=job.id, at=desk.NIGHT)
    assert stopping.sweep(scope=cast.tars, at=desk.NIGHT) == 1
    assert stopping.sweep(scope=cast.tars, at=desk.NIGHT) == 0
    ended = desk.now(cast, cycle)
    assert (ended.state, ended.stop_code) == (State.STOPPED, "person")


def test_sweep__a_night_that_waits_for_its_worker__is_left_alone() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    assert stopping.sweep(scope=cast.tars, at=desk.NIGHT) == 0
    assert desk.now(cast, cycle).state == State.PLANNED


def test_job__run_by_the_worker__dreams_to_its_end() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(kind="dreams.night")
    at = cycle.starts_at + timedelta(minutes=1)
    attempts.attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=lambda: at)
    assert desk.now(cast, cycle).state in (State.JUDGED, State.STOPPED)
    with in_tenant(cast.tenant.id):
        assert Job.objects.get(id=job.id).state == "done"
