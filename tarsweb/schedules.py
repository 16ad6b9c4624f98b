"""Everything that runs by the clock, in one list. `ensure` makes the rows agree with it, at each start of the worker.

Times are UTC. A schedule only wakes a task; the task reads the clock itself and may run twice without harm.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from governance.audit import checks
from governance.tenancy import active_tenant_ids

log = logging.getLogger(__name__)
_PREFIX = "tars: "
_NAMED = 20


class NotVerified(RuntimeError):
    """A tenant's record does not follow from its chain; the task fails with it and stands among the failed ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A task by its dotted name: every `minutes`, or once a day at `daily_at` (UTC)."""

    name: str
    func: str
    minutes: int | None = None
    daily_at: time | None = None


ENTRIES = (
    Entry("forget kept answers of the API", "governance.idempotency.tasks.forget", minutes=60),
    Entry("apply and expire what is due", "governance.amendments.tasks.tick", minutes=1),
    Entry("remind of what is due", "governance.approvals.tasks.remind", minutes=15),
    Entry("tell what ends soon", "governance.amendments.tasks.warn", minutes=15),
    Entry("drop old news", "governance.notices.tasks.drop_old", daily_at=time(1, 10)),
    Entry("mail the news", "governance.notices.tasks.tick", minutes=1),
    Entry("wake jobs that are due", "governance.jobs.tasks.sweep", minutes=1),
    Entry("wake webhook deliveries that are due", "governance.webhooks.tasks.sweep", minutes=1),
    Entry("drop files whose time is over", "governance.files.tasks.drop_expired", minutes=60),
    Entry("seal permitted actions", "governance.rulebook.tasks.seal", minutes=1),
    Entry("clean the sessions' rules", "governance.rulebook.session_tasks.clean", minutes=60),
    Entry("make the windows of budgets", "billing.budgets.tasks.make_windows", minutes=60),
    Entry("seal movements of money", "billing.budgets.tasks.seal", minutes=1),
    Entry("give back the holds of dead work", "billing.budgets.tasks.sweep", minutes=1),
    Entry("tell of tools that fail", "routing.telemetry.tasks.watch", minutes=5),
    Entry("forget agents' former secrets", "routing.connectors.tasks.forget", minutes=60),
    Entry("observe drift", "governance.drift.tasks.observe", minutes=15),
    Entry("thin old drift scores", "governance.drift.tasks.thin", daily_at=time(1, 30)),
    Entry("embed what the router compares", "routing.router.tasks.embed", minutes=1),
    Entry("learn from many rules", "routing.router.tasks.learn", minutes=15),
    Entry("index the rules of large tenants", "routing.router.tasks.index", daily_at=time(1, 40)),
    Entry("embed again what a former model embedded", "routing.learning.tasks.reembed", minutes=1),
    Entry("learn routing rules from what was done", "routing.learning.tasks.learn_all", daily_at=time(1, 20)),
    Entry("tell of budgets near their limit", "billing.budgets.tasks.alert", minutes=1),
    Entry("close top-ups whose window is over", "billing.budgets.tasks.expire_top_ups", minutes=15),
    Entry("measure what is kept", "billing.budgets.tasks.measure", minutes=60),
    Entry("anchor receipts", "routing.executions.tasks.seal", minutes=1),
    Entry("end what nobody approved in time", "routing.executions.tasks.expire", minutes=1),
    Entry("count the stars that people gave", "routing.executions.tasks.fold_stars", minutes=5),
    Entry("count all stars anew", "routing.executions.tasks.fold_all_stars", daily_at=time(1, 50)),
    Entry("add amendments up", "governance.amendments.tasks.count", minutes=1),
    Entry("add executions up by day", "routing.executions.tasks.fold_days", minutes=1),
    Entry("add tool calls up by day", "routing.telemetry.tasks.fold_days", minutes=1),
    Entry("compare the days with their tool calls", "routing.telemetry.tasks.check_days", daily_at=time(2, 0)),
    Entry("count who opened what", "routing.lifecycle.tasks.fold", minutes=5),
    Entry("put away what is old", "routing.lifecycle.tasks.night", daily_at=time(3, 10)),
    Entry("check the archive files", "routing.lifecycle.tasks.check_files", daily_at=time(3, 40)),
    Entry("plan the nights", "dreams.cycles.tasks.plan_all", minutes=15),
    Entry("note what was promoted", "dreams.cycles.tasks.tidy", minutes=1),
    Entry("drop what was dreamed long ago", "dreams.cycles.tasks.drop_old", daily_at=time(4, 0)),
    Entry("watch amendments", "dreams.guardrails.tasks.watch", minutes=1),
    Entry("ask systems what is expected of them", "dreams.elicitation.tasks.weekly", daily_at=time(4, 10)),
    Entry("verify every ledger", "tarsweb.schedules.verify_ledgers", daily_at=time(2, 30)),
)


def ensure(*, at: datetime) -> None:
    """Create what is missing, correct what differs, delete what is no longer listed; leave the next run of the rest."""
    listed = [_PREFIX + entry.name for entry in ENTRIES]
    for entry in ENTRIES:
        timing = {
            "func": entry.func,
            "schedule_type": Schedule.DAILY if entry.daily_at else Schedule.MINUTES,
            "minutes": entry.minutes,
            "repeats": -1,
        }
        row = Schedule.objects.filter(name=_PREFIX + entry.name).order_by("id").first()
        if row is None:
            row = Schedule(name=_PREFIX + entry.name, next_run=_first_run(entry, at=at))
        elif all(getattr(row, name) == value for name, value in timing.items()):
            continue
        else:
            row.next_run = _first_run(entry, at=at)
        for name, value in timing.items():
            setattr(row, name, value)
        row.save()
    Schedule.objects.filter(name__startswith=_PREFIX).exclude(name__in=listed).delete()


def _first_run(entry: Entry, *, at: datetime) -> datetime:
    if entry.daily_at is None:
        return at
    today = datetime.combine(at.date(), entry.daily_at, tzinfo=at.tzinfo)
    return today if today > at else today + timedelta(days=1)


def verify_ledgers() -> int:
    """Queue the verification of every active tenant's record, one task each; returns how many."""
    tenants = active_tenant_ids()
    for tenant_id in tenants:
        async_task("tarsweb.schedules.verify_ledger", str(tenant_id), task_name=f"Verify the ledger of {tenant_id}")
    return len(tenants)


def verify_ledger(tenant_id: str) -> str:
    """Re-derive one tenant's record and keep the answer for its ledger page; returns the headline.

    Logs findings and raises `NotVerified` if there are any.
    """
    report = checks.run(tenant_id=UUID(tenant_id), job=uuid4(), at=timezone.now()).report
    assert report is not None
    for finding in report.findings[:_NAMED]:
        log.error("ledger of tenant %s: %s", tenant_id, finding)
    if not report.is_verified:
        raise NotVerified(report.headline)
    return report.headline
