"""`tars dream plan` and `tars dream run`: a night by hand, as TARS of this installation, on its own database.

Data goes to standard output, progress to standard error. Exit codes: 0 planned or judged, 1 refused or ended early, 2 wrong use.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from tarsweb.cli.database import database, fail, say
from tarsweb.cli.remote import Json

if TYPE_CHECKING:
    from dreams.cycles.models import DreamCycle
    from governance.jobs.handlers import Run

PAUSE: Final = 1.0
"""Seconds between two looks at a night that somebody else works at."""
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="The system to dream of.")]
Hours = Annotated[
    int | None, typer.Option("--hours", min=1, max=12, help="How long it may last; the tenant's choice without.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="The same seed on the same past draws the same.")
]
Of = Annotated[str, typer.Option("--tenant", help="A tenant by name, domain or id, where several have such a system.")]


def add(group: typer.Typer) -> None:
    """Add both commands to the group `dream`."""
    group.command("plan")(plan)
    group.command("run")(run)


def plan(
    system: System,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When it begins, such as 2026-12-01T03:00Z; now without.")
    ] = "",
    hours: Hours = None,
    seed: Seed = None,
    tenant: Of = "",
    as_json: Json = False,
) -> None:
    """Write a night's plan; the worker begins it at its time.

    Example:  tars dream plan clay-consigliere --at 2026-12-01T03:00Z --hours 2
    """
    starts_at = _moment(at) if at else None
    with database():
        made = _planned(_tenant(tenant, system), system, starts_at=starts_at, hours=hours, seed=seed)
        found = _record(made)
    if as_json:
        say(json.dumps(found, ensure_ascii=False))
    else:
        most = f"{found['most_runs']:,}"
        say(f"{found['cycle_id']} of {system} is planned: at most {most} runs. Its plan is {found['plan_digest']}.")


def run(system: System, hours: Hours = None, seed: Seed = None, tenant: Of = "", as_json: Json = False) -> None:
    """Plan a night now and work at it here to its end. Killed, the worker goes on with it.

    Example:  tars dream run clay-consigliere --seed 7 --json
    """
    with database():
        tenant_id = _tenant(tenant, system)
        made = _planned(tenant_id, system, starts_at=None, hours=hours, seed=seed)
        print(f"{made.cycle_id} of {system} begins.", file=sys.stderr, flush=True)
        found = _worked(tenant_id, made)
    if as_json:
        say(json.dumps(found, ensure_ascii=False))
    else:
        _tell(found)
    raise typer.Exit(0 if found["state"] == "judged" else 1)


def _planned(
    tenant_id: UUID, system: str, *, starts_at: datetime | None, hours: int | None, seed: int | None
) -> DreamCycle:
    from django.utils import timezone

    from dreams.cycles import planning
    from governance.scope import tars_scope
    from routing.writing import choice as writer

    return planning.plan(
        scope=tars_scope(tenant_id),
        system_name=system,
        starts_at=starts_at,
        hours=hours,
        seed=seed,
        at=timezone.now(),
        patience=writer.seconds(),
    )


def _worked(tenant_id: UUID, made: DreamCycle) -> dict[str, Any]:
    """Do the night's jobs one after another; where the worker has one, wait for it."""
    from django.utils import timezone

    from dreams.cycles.planning import KIND
    from dreams.cycles.running import handle
    from governance.jobs import handlers
    from governance.jobs.attempts import attempt

    handlers.register(KIND, _aloud)
    try:
        while job_id := _next_job(tenant_id, made.id):
            said = attempt(tenant_id=tenant_id, job_id=job_id, clock=timezone.now)
            if said in ("somebody has it", "nothing to do", "queued"):
                time.sleep(PAUSE)
    finally:
        handlers.register(KIND, handle)
    return _ended(tenant_id, made.id)


def _aloud(run: Run) -> dict[str, Any]:
    """The night's own handler, which says on standard error how far it is."""
    from dreams.cycles.running import handle

    def progress(done: int, total: int | None = None, message: str = "") -> None:
        print(f"  {done:,} of at most {total or 0:,} runs", file=sys.stderr, flush=True)
        run.progress(done, total, message)

    return handle(replace(run, progress=progress))


def _next_job(tenant_id: UUID, cycle_id: UUID) -> UUID | None:
    """The job that goes on with the night; None where it is over."""
    from dreams.cycles.models import OPEN, DreamCycle
    from dreams.cycles.planning import KIND
    from dreams.cycles.stopping import ENDED
    from governance.jobs.models import Job
    from governance.tenancy import in_tenant

    with in_tenant(tenant_id):
        if not DreamCycle.objects.filter(id=cycle_id, state__in=[one.value for one in OPEN]).exists():
            return None
        jobs = Job.objects.filter(tenant_id=tenant_id, kind=KIND, payload__cycle=str(cycle_id))
        found: UUID | None = jobs.exclude(state__in=ENDED).order_by("-created_at").values_list("id", flat=True).first()
        return found


def _ended(tenant_id: UUID, cycle_id: UUID) -> dict[str, Any]:
    from dreams.cycles.models import Dream, DreamCycle
    from governance.tenancy import in_tenant

    with in_tenant(tenant_id):
        row = DreamCycle.objects.select_related("system").get(tenant_id=tenant_id, id=cycle_id)
        dreams = (
            Dream.objects.select_related("proposal").filter(tenant_id=tenant_id, night_id=cycle_id).order_by("number")
        )
        return {
            **_record(row),
            "runs": row.runs,
            "spent_usd": str(row.spent_usd),
            "dreams": [_dream(one) for one in dreams],
        }


def _record(row: DreamCycle) -> dict[str, Any]:
    from dreams.cycles.api_acts import night_record

    return night_record(row)


def _dream(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "number": row.number,
        "said": row.said,
        "mutations": row.mutations,
        "verdict": row.verdict,
        "rule": row.rule,
        "because": row.because,
        "amendment": row.proposal.label if row.proposal else None,
    }


def _tell(found: dict[str, Any]) -> None:
    for one in found["dreams"]:
        proposed = f"  → {one['amendment']}" if one["amendment"] else ""
        say(f"{one['number']:>3}  {one['verdict']:<8} {one['said']} {one['because']}{proposed}")
    early = f" {found['stopped_because']}" if found["stopped_because"] else ""
    say(f"{found['cycle_id']}: {found['state']} after {found['runs']:,} runs, {found['spent_usd']} USD.{early}")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        fail("--at takes a time with an offset, such as 2026-12-01T03:00Z.")
    return found.astimezone(UTC)


def _tenant(wanted: str, system: str) -> UUID:
    """The one tenant that has such a system, among those that are meant."""
    from governance.registry.models import System as Row
    from governance.tenancy import in_tenant
    from tarsweb.cli.reembed import tenants

    found = []
    for id, name in tenants(wanted):
        with in_tenant(id):
            if Row.objects.filter(tenant_id=id, name=system).exists():
                found.append((id, name))
    if not found:
        fail(f"There is no system called {system}.")
    if len(found) > 1:
        fail(f"{' and '.join(name for _id, name in found)} have a system called {system}: say which with --tenant.")
    return found[0][0]
