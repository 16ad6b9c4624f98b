"""Looks at every part of TARS as the asker's tenant sees it. A part that cannot be looked at is broken, and breaks no page."""

from __future__ import annotations

import logging
import platform
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.urls import reverse
from django_q.models import OrmQ
from django_q.status import Stat

from governance.audit import checks as verifications
from governance.jobs import queries as jobs
from governance.notices.models import MailState, OutboxMail
from governance.scope import Capability, Scope
from governance.webhooks.models import DeliveryState, Webhook, WebhookDelivery
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage
from tarsweb.health import walls
from tarsweb.health.checks import Check, Tone, size
from tarsweb.supervisor import load

log = logging.getLogger(__name__)
LATE = timedelta(minutes=2)
CLOCK_LATE = timedelta(minutes=10)
GIGABYTE = 1_000_000_000
Probe = Callable[[Scope, datetime], Check]


def demand_allowed(scope: Scope) -> None:
    """Raises `NotAllowed` for whoever neither manages programs nor fixes data."""
    if not scope.can(Capability.FIX_DATA):
        scope.demand(Capability.MANAGE_PROGRAMS, to="see TARS's health")


def look(*, scope: Scope, at: datetime) -> list[Check]:
    """Every check, inside the tenant's transaction. Raises `NotAllowed`."""
    demand_allowed(scope)
    return [_looked(key, name, probe, scope, at) for key, name, probe in PROBES]


def _looked(key: str, name: str, probe: Probe, scope: Scope, at: datetime) -> Check:
    try:
        with transaction.atomic():  # a statement that fails must not take the page's transaction with it
            return probe(scope, at)
    except Exception:
        log.exception("health: %s could not be looked at", key)
        return Check(key, name, Tone.BAD, "It could not be looked at.", "The web server's log names the reason.")


def database(scope: Scope, at: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "current_setting('max_connections')::int"
        )
        version, bytes_used, used, most = cursor.fetchone()
    is_crowded = used > 0.8 * most
    return Check(
        "database",
        "Database",
        Tone.WARN if is_crowded else Tone.GOOD,
        "Nearly all of its connections are taken." if is_crowded else "It answers.",
        "Raise max_connections, or run fewer web and task workers." if is_crowded else "",
        (("PostgreSQL", version), ("Size", size(bytes_used)), ("Connections", f"{used} of {most}")),
    )


def row_security(scope: Scope, at: datetime) -> Check:
    gaps = walls.gaps(scope.tenant_id)
    return Check(
        "walls",
        "Walls between tenants",
        Tone.BAD if gaps else Tone.GOOD,
        " ".join(gaps) or "Without a tenant no row shows, and this tenant sees its own alone.",
        "Stop TARS and run its migrations as the owner: tenants are not apart." if gaps else "",
    )


def worker(scope: Scope, at: datetime) -> Check:
    clusters = [one for one in Stat.get_all() if at - one.timestamp < timedelta(minutes=1)]
    due = OrmQ.objects.filter(lock__lte=at)
    oldest = due.order_by("lock").values_list("lock", flat=True).first()
    age = at - oldest if oldest else timedelta()
    facts = (
        ("Clusters", len(clusters)),
        ("Processes", sum(len(one.workers) for one in clusters)),
        ("Tasks that wait", due.count()),
        ("The oldest waits", f"{int(age.total_seconds())} s"),
    )
    if not clusters:
        sentence, advice = (
            "No worker has reported in the last minute.",
            "Start TARS with its worker: `tars up` runs one.",
        )
        return Check("worker", "Worker", Tone.BAD, f"{sentence} Nothing happens by itself.", advice, facts)
    if age > LATE:
        sentence = f"A task has been waiting for {int(age.total_seconds() // 60)} minutes."
        return Check("worker", "Worker", Tone.WARN, sentence, "Raise TARS_WORKERS, or look for a stuck job.", facts)
    return Check("worker", "Worker", Tone.GOOD, "It works and nothing waits long.", "", facts)


def runner(scope: Scope, at: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute(load.SQL, [at])
        found = load.load_of(settings.HOME.path, cursor.fetchone())
    mine = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id)
    facts = (
        ("Last round", found.last_round_at),
        ("Requests that are due", found.waiting),
        ("The oldest waits", f"{int(found.lateness(at).total_seconds())} s"),
        ("Being worked on", found.working),
        ("Agents of this tenant at work", mine.filter(stage=Stage.CALLING.value).count()),
        ("Of this tenant, waiting for approval", mine.filter(stage=Stage.AWAITING_APPROVAL.value).count()),
        ("At most at the same time", settings.RUNNERS),
    )
    if not found.is_alive(at):
        sentence = "The runner has not gone round in the last minute. Requests are taken on, and nobody works on them."
        advice = "Start TARS with its runner: `tars up` runs one. Its log names the reason."
        return Check("runner", "Runner", Tone.BAD, sentence, advice, facts)
    if found.lateness(at) > LATE:
        sentence = f"A request has been waiting for {int(found.lateness(at).total_seconds() // 60)} minutes."
        return Check("runner", "Runner", Tone.WARN, sentence, "Raise TARS_RUNNERS, or look for slow agents.", facts)
    return Check("runner", "Runner", Tone.GOOD, "It goes round and nothing waits long.", "", facts)


def clocks(scope: Scope, at: datetime) -> Check:
    found = jobs.clocks()
    late = [one.name for one in found if one.next_at and at - one.next_at > CLOCK_LATE]
    facts = tuple((one.name.capitalize(), one.next_at) for one in found)
    if not found:
        return Check("clocks", "By the clock", Tone.BAD, "No schedule exists.", "Start the worker, which makes them.")
    if late:
        sentence = f"Overdue: {', '.join(late)}."
        return Check("clocks", "By the clock", Tone.BAD, sentence, "Start the worker, or look at its log.", facts)
    return Check("clocks", "By the clock", Tone.GOOD, "Everything has its next time.", "", facts)


def long_work(scope: Scope, at: datetime) -> Check:
    counts = jobs.counts(scope=scope)
    dead = counts["dead"]
    facts = tuple((state.capitalize(), counts[state]) for state in ("queued", "running", "done", "cancelled", "dead"))
    noun = "job has" if dead == 1 else "jobs have"
    return Check(
        "jobs",
        "Jobs",
        Tone.WARN if dead else Tone.GOOD,
        f"{dead} {noun} failed for good." if dead else "None has failed for good.",
        "Read why, then run it again or leave it." if dead else "",
        facts,
        f"{reverse('jobs:list')}?state=dead" if dead else reverse("jobs:list"),
    )


def mail(scope: Scope, at: datetime) -> Check:
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    rows = OutboxMail.objects.filter(tenant_id=scope.tenant_id)
    counts = dict(rows.values_list("state").annotate(Count("id")))
    failed = counts.get(MailState.FAILED, 0)
    facts = (
        ("Sent through", {"smtp": "SMTP", "filebased": "files"}.get(kind, kind)),
        ("Waiting", counts.get(MailState.QUEUED, 0)),
        ("Sent", counts.get(MailState.SENT, 0)),
        ("Failed", failed),
    )
    if failed:
        sentence = f"{failed} could not be sent."
        return Check("mail", "Mail", Tone.WARN, sentence, "Check TARS_EMAIL_URL; the outbox names each reason.", facts)
    if kind != "smtp":
        sentence, advice = "Mail stays on this machine.", "Set TARS_EMAIL_URL when people should get it."
        return Check("mail", "Mail", Tone.GOOD, sentence, advice, facts)
    return Check("mail", "Mail", Tone.GOOD, "Nothing has failed.", "", facts)


def webhooks(scope: Scope, at: datetime) -> Check:
    rows = Webhook.objects.filter(tenant_id=scope.tenant_id, removed_at=None)
    off = list(rows.exclude(disabled_at=None).order_by("name").values_list("name", flat=True))
    log_rows = WebhookDelivery.objects.filter(tenant_id=scope.tenant_id, webhook__removed_at=None)
    counts = dict(log_rows.values_list("state").annotate(Count("id")))
    again = log_rows.filter(state=DeliveryState.QUEUED, attempts__gt=0).count()
    facts = (
        ("Webhooks", rows.count()),
        ("Delivered", counts.get(DeliveryState.DELIVERED, 0)),
        ("Tried again", again),
        ("Given up", counts.get(DeliveryState.FAILED, 0)),
    )
    url = reverse("webhooks:list") if scope.can(Capability.MANAGE_PROGRAMS) else ""
    if off or again:
        sentence = f"Off: {', '.join(off)}." if off else "Some news do not get through and are tried again."
        return Check("webhooks", "Webhooks", Tone.WARN, sentence, "The webhook's log names the reason.", facts, url)
    return Check("webhooks", "Webhooks", Tone.GOOD, "Nothing is stuck.", "", facts, url)


def disk(scope: Scope, at: datetime) -> Check:
    found = {"Data folder": settings.HOME.path, **_cluster()}
    uses = {name: shutil.disk_usage(path) for name, path in found.items() if path.exists()}
    least = min((use.free for use in uses.values()), default=0)
    share = min((use.free / use.total for use in uses.values()), default=0.0)
    tone = Tone.GOOD
    if least < 5 * GIGABYTE and share < 0.1:
        tone = Tone.BAD if least < GIGABYTE else Tone.WARN
    facts = tuple((name, f"{size(use.free)} free of {size(use.total)}") for name, use in uses.items())
    sentence = "There is room." if tone is Tone.GOOD else f"Only {size(least)} are free."
    advice = "" if tone is Tone.GOOD else "Make room or move TARS_HOME: a full disk stops the database."
    return Check("disk", "Disk", tone, sentence, advice, facts)


def _cluster() -> dict[str, Path]:
    """Where the embedded database lies; nothing for an outside one, whose disk is not ours to see."""
    root = settings.HOME.state().get("cluster")
    return {"Database": Path(root)} if root else {}


def chain(scope: Scope, at: datetime) -> Check:
    check, url = verifications.find(scope=scope), reverse("ledger:list")
    name, advice = "Record", "Verify it now on the ledger page."
    if check is None:
        return Check("chain", name, Tone.WARN, "It was not verified in the last day.", advice, (), url)
    facts: tuple[tuple[str, Any], ...] = (("Verified", check.asked_at),)
    if check.report is None:
        word = "did not finish" if check.is_failed else "is on its way"
        return Check("chain", name, Tone.WARN, f"The last verification {word}.", advice, facts, url)
    if check.report.is_verified:
        return Check("chain", name, Tone.GOOD, check.report.headline, "", facts, url)
    advice = "Read the findings on the ledger page; somebody changed rows around the rules."
    return Check("chain", name, Tone.BAD, check.report.headline, advice, facts, url)


def versions(scope: Scope, at: datetime) -> Check:
    facts = (
        ("TARS", metadata.version("tars")),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
    )
    return Check("versions", "Versions", Tone.GOOD, f"TARS {facts[0][1]}.", "", facts)


PROBES: tuple[tuple[str, str, Probe], ...] = (
    ("database", "Database", database),
    ("walls", "Walls between tenants", row_security),
    ("chain", "Record", chain),
    ("worker", "Worker", worker),
    ("runner", "Runner", runner),
    ("clocks", "By the clock", clocks),
    ("jobs", "Jobs", long_work),
    ("mail", "Mail", mail),
    ("webhooks", "Webhooks", webhooks),
    ("disk", "Disk", disk),
    ("versions", "Versions", versions),
)
