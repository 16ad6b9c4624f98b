"""The minute tick, and the list of schedules. Moments lie long ago, so that no other test's proposals are due."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django_q.models import Schedule

from governance.amendments import tasks
from governance.amendments.models import AmendmentProposal, ProposalMove
from governance.audit import checks
from governance.audit.report import Finding
from governance.errors import DomainError
from governance.tenancy import in_tenant
from tarsweb import schedules
from tests import factories as make

THEN = datetime(2019, 3, 4, 9, 0, tzinfo=UTC)
DUE = THEN + timedelta(days=2)


def tick(at: datetime) -> dict[str, int]:
    return tasks.tick(at.isoformat())


def scheduled(cast: make.Cast, **fields: Any) -> AmendmentProposal:
    """Approved on the same day, to take effect two days later."""
    return make.approve(cast.cy, make.proposed(cast, at=THEN, effective_at=DUE, **fields), at=THEN)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Whatever a test left due is done, so that each test counts only its own."""
    yield
    tick(THEN + timedelta(days=400))


def test_tick__before_the_effective_date__leaves_it() -> None:
    cast = make.cast()
    proposal = scheduled(cast)
    assert tick(DUE - timedelta(seconds=1))["applied"] == 0
    assert make.state_of(cast.bo, proposal) == "scheduled"


def test_tick__effective_date_reached__applies_once_however_often_it_runs() -> None:
    cast = make.cast()
    proposal = scheduled(cast)
    assert tick(DUE) == {"applied": 1, "expired": 0, "asked_again": 0, "failed": 0}
    assert tick(DUE) == {"applied": 0, "expired": 0, "asked_again": 0, "failed": 0}
    assert make.state_of(cast.bo, proposal) == "applied"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200
    with in_tenant(cast.tenant.id):
        move = ProposalMove.objects.get(proposal=proposal, after="applied")
    assert (move.by, move.at) == ("TARS (autonomous)", DUE)


def test_tick__base_moved_meanwhile__asks_again() -> None:
    cast = make.cast()
    proposal = scheduled(cast)
    make.applied(cast, at=THEN + timedelta(days=1), fallback_delay_ms=300)
    assert tick(DUE)["asked_again"] == 1
    assert make.state_of(cast.bo, proposal) == "proposed"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 300


def test_tick__nobody_decided_in_time__expires() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=THEN)
    assert tick(THEN + timedelta(days=30) - timedelta(seconds=1))["expired"] == 0
    assert tick(THEN + timedelta(days=30))["expired"] == 1
    assert make.state_of(cast.bo, proposal) == "expired"


def test_tick__a_past_that_is_being_written__is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, other = make.cast(), make.cast()
    proposals = make.proposed(cast, at=THEN), make.proposed(other, at=THEN)
    with monkeypatch.context() as patch:
        patch.setitem(tasks._waits, "test", lambda scope: scope.tenant_id == cast.tenant.id)
        assert tick(THEN + timedelta(days=30))["expired"] == 1
        assert [make.state_of(cast.bo, proposals[0]), make.state_of(other.bo, proposals[1])] == ["proposed", "expired"]
    assert tick(THEN + timedelta(days=30))["expired"] == 1


def test_tick__several_tenants__each_gets_its_own() -> None:
    one, other = make.cast(), make.cast()
    proposals = scheduled(one), scheduled(other)
    assert tick(DUE)["applied"] == 2
    assert [make.state_of(cast.bo, row) for cast, row in zip((one, other), proposals, strict=True)] == ["applied"] * 2


@pytest.fixture(autouse=True)
def _own_tenants_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process leave tenants behind, some with amendments that are due by now."""
    real, before = tasks.active_tenant_ids, set(tasks.active_tenant_ids())
    monkeypatch.setattr(tasks, "active_tenant_ids", lambda: [tenant for tenant in real() if tenant not in before])


def test_tick__closed_tenant__is_left_alone() -> None:
    cast = make.cast()
    proposal = scheduled(cast)
    with in_tenant(cast.tenant.id):
        type(cast.tenant).objects.filter(id=cast.tenant.id).update(is_active=False)
    assert tick(DUE)["applied"] == 0
    assert make.state_of(cast.bo, proposal) == "scheduled"


@pytest.mark.parametrize("error", [DomainError("The verb refuses."), RuntimeError("The verb is broken.")])
def test_tick__one_number_fails__the_others_go_on_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    one, other = make.cast(), make.cast()
    ill, well = scheduled(one), scheduled(other)
    real = tasks.apply_due

    def apply_due(**options: Any) -> AmendmentProposal:
        if options["scope"].tenant_id == one.tenant.id:
            raise error
        return real(**options)

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "apply_due", apply_due)
        assert tick(DUE) == {"applied": 1, "expired": 0, "asked_again": 0, "failed": 1}
    assert f"AMD-{ill.number}" in caplog.text
    assert make.state_of(other.bo, well) == "applied"
    assert tick(DUE)["applied"] == 1
    assert make.state_of(one.bo, ill) == "applied"


def test_tick__one_tenant_cannot_be_read__the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make.cast(), make.cast()
    scheduled(one)
    well = scheduled(other)
    real = tasks.due

    def due(**options: Any) -> tuple[list[int], list[int]]:
        if options["tenant_id"] == one.tenant.id:
            raise RuntimeError("connection lost")
        return real(**options)

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "due", due)
        assert tick(DUE) == {"applied": 1, "expired": 0, "asked_again": 0, "failed": 1}
    assert make.state_of(other.bo, well) == "applied"


def test_schedules__ensured_twice__one_row_each_that_keeps_its_next_run() -> None:
    schedules.ensure(at=THEN)
    Schedule.objects.filter(func="governance.amendments.tasks.tick").update(next_run=DUE)
    schedules.ensure(at=THEN + timedelta(days=9))
    row = Schedule.objects.get(func="governance.amendments.tasks.tick")
    assert (row.next_run, row.minutes, row.repeats, row.schedule_type) == (DUE, 1, -1, Schedule.MINUTES)


def test_schedules__list_changed__rows_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = schedules.Entry("count sheep", "math.sqrt", daily_at=time(2, 30))
    others = Schedule.objects.create(name="somebody else's", func="math.sqrt")
    with monkeypatch.context() as patch:
        patch.setattr(schedules, "ENTRIES", (entry,))
        schedules.ensure(at=THEN)
        [row] = Schedule.objects.filter(name__startswith="tars: ")
        assert (row.func, row.schedule_type) == ("math.sqrt", Schedule.DAILY)
        assert row.next_run == THEN.replace(hour=2, minute=30) + timedelta(days=1)
    schedules.ensure(at=THEN)
    names = set(Schedule.objects.filter(name__startswith="tars: ").values_list("name", flat=True))
    assert names == {f"tars: {entry.name}" for entry in schedules.ENTRIES}
    others.delete()


def test_verify_ledger__honest_record__says_so() -> None:
    cast = make.cast()
    make.applied(cast)
    assert schedules.verify_ledger(str(cast.tenant.id)).startswith("Verified: ")


def test_verify_ledger__findings__fail_the_task_and_are_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast = make.cast()
    honest = checks.verified(cast.tars)
    finding = Finding("Entry 3", "hash", "its bytes do not give its hash.")
    report = dataclasses.replace(honest, findings=(finding,), finding_count=1)
    monkeypatch.setattr(checks, "verified", lambda scope: report)
    with pytest.raises(schedules.NotVerified, match="1 finding"):
        schedules.verify_ledger(str(cast.tenant.id))
    assert "Entry 3: its bytes do not give its hash." in caplog.text


def test_verify_ledgers__queues_one_task_for_each_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, queued = make.cast(), []
    monkeypatch.setattr(schedules, "async_task", lambda func, tenant_id, **_: queued.append((func, tenant_id)))
    assert schedules.verify_ledgers() == len(queued)
    assert ("tarsweb.schedules.verify_ledger", str(cast.tenant.id)) in queued


@pytest.mark.parametrize("entry", schedules.ENTRIES, ids=lambda entry: entry.func)
def test_schedules__each_task__exists(entry: schedules.Entry) -> None:
    from django.utils.module_loading import import_string

    assert callable(import_string(entry.func))
    assert (entry.minutes is None) != (entry.daily_at is None)
