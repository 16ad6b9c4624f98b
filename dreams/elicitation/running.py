"""A run: the job that asks one system, or each of several, everything that is expected of it, and keeps what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from dreams.elicitation import asking, consistency, hearing, suite
from dreams.elicitation.asking import Ground, LeftOut, Put
from dreams.elicitation.consistency import Answered, Check, Past, Report
from dreams.elicitation.hearing import Heard
from dreams.elicitation.models import Elicitation
from dreams.elicitation.scenario import Item, Pair
from governance import canonical
from governance.ids import new_id
from governance.jobs.handlers import GiveUp, Run
from governance.jobs.models import Job
from governance.ledger import actions as ledger
from governance.policy.verdict import Verdict
from governance.registry.models import Status, System
from governance.rulebook.gather import gathered
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.rehearsal.stage import Stage

KIND: Final = "elicitation"
BACK: Final = timedelta(days=30)
MOST_PAST: Final = 60
"""Former runs that are compared with."""


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a run's answers were given."""

    version: int
    constitution: str
    law: str


@dataclass(frozen=True, slots=True)
class Found:
    """One system's answers, before they are kept."""

    system: System
    basis: Basis
    suite: str
    report: Report
    left_out: tuple[LeftOut, ...]


def handle(run: Run) -> dict[str, Any]:
    """Ask each system of the payload. One that this job has asked is passed over; of several, so is one that cannot be asked."""
    names = list(run.payload["systems"])
    made: list[Elicitation] = []
    for place, name in enumerate(names):
        run.progress(place, len(names), name if len(names) > 1 else "")
        try:
            one = asked(run, name)
        except GiveUp:
            if len(names) == 1:
                raise
            one = None
        if one is not None:
            made.append(one)
    if len(names) > 1 or not made:
        return {"asked": len(made), "of": len(names), "url": reverse("elicitation:runs"), "label": "See the runs"}
    return {
        "run": str(made[0].id),
        "url": reverse("elicitation:run", args=[made[0].id]),
        "label": "See what it answered",
    }


def asked(run: Run, name: str) -> Elicitation | None:
    """One system's run; None for one that is gone or archived by now."""
    with in_tenant(run.scope.tenant_id):
        system = System.objects.filter(tenant_id=run.scope.tenant_id, name=name).first()
        if system is None or system.status == Status.ARCHIVED:
            return None
        rows = Elicitation.objects.filter(tenant_id=run.scope.tenant_id, job=run.job_id, system_id=system.id)
        if (done := rows.first()) is not None:
            return done
    return _kept(run, _found(run, system))


def _found(run: Run, system: System) -> Found:
    scope, at = run.scope, run.at
    with in_tenant(scope.tenant_id):
        system.refresh_from_db()
        ground, basis = _ground(scope, system, at)
        items = suite.of_system(suite.items(scope=scope), system=system.name)
        puts, left_out = asking.put(ground, suite.scenarios(items))
        verdicts = asking.verdicts(scope=scope, ground=ground, asked=[one.asked for one in puts], at=at)
        shown, unpaired = asking.paired(scope=scope, ground=ground, pairs=_pairs(items), at=at)
        usual = consistency.baseline(_past(scope, system, at))
    answers, unheard = _answers(run, system, list(zip(puts, verdicts, strict=True)))
    checks: tuple[Check, ...] = (
        *consistency.of_scenarios(answers),
        *consistency.of_preferences(shown),
        *consistency.of_time(answers, usual, law=basis.law, constitution=basis.constitution),
        *consistency.across(answers),
    )
    left_out += unheard
    report = consistency.judged(checks, left_out=len(left_out))
    return Found(system, basis, suite.digest(items), report, (*left_out, *unpaired))


def _answers(run: Run, system: System, asked: list[tuple[Put, Verdict]]) -> tuple[list[Answered], list[LeftOut]]:
    """With the router's choices and the agent's words where they are expected; an embedder and an agent may be far away."""
    answers, left_out, hear = [], [], _Ears(run, system)
    for one, verdict in asked:
        heard = hear(one)
        found = asking.answered(one, verdict, chosen=_chosen(run, one), heard=heard)
        answers += [found] if found else []
        left_out += [gap] if (gap := asking.unheard(one, heard)) else []
    return answers, left_out


def _chosen(run: Run, one: Put) -> str | None:
    if not one.scenario.expected_system:
        return None
    with in_tenant(run.scope.tenant_id):
        return asking.chosen(scope=run.scope, one=one, at=run.at)


@dataclass(slots=True)
class _Ears:
    """Hears the system's agent; made ready when the first scenario asks for words."""

    run: Run
    system: System
    stage: Stage | str = ""

    def __call__(self, one: Put) -> Heard | None:
        if not one.scenario.wants_answer:
            return None
        self.run.progress(0, None, f"{self.system.name}: {one.scenario.title}")
        if self.stage == "":
            try:
                self.stage = hearing.stage_of(scope=self.run.scope, system=self.system, at=self.run.at)
            except GiveUp as given:
                self.stage = str(given)
        if isinstance(self.stage, str):
            return Heard(None, self.stage)
        known: dict[str, Any] = {
            "key": one.item.key,
            "scenario": one.scenario,
            "asked": one.asked,
            "job": self.run.job_id,
        }
        return hearing.heard(stage=self.stage, system=self.system, clock=timezone.now, **known)


def _ground(scope: Scope, system: System, at: datetime) -> tuple[Ground, Basis]:
    bears = gathered(scope=scope, system=system.name, session="", at=at)
    if bears.errors:
        raise GiveUp(f"Nothing can be asked of {system.name}: {bears.errors[0]}")
    ground = asking.ground_of(system=system, bears=bears, document=system.constitution)
    return ground, Basis(system.constitution_version, bears.constitution.digest, bears.law.digest)


def _pairs(items: tuple[Item, ...]) -> list[tuple[Item, Pair]]:
    return [(one, one.content) for one in items if isinstance(one.content, Pair)]


def _past(scope: Scope, system: System, at: datetime) -> list[Past]:
    """What the system answered in the runs of the last 30 days."""
    rows = Elicitation.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, at__gte=at - BACK, at__lt=at)
    found = []
    for row in rows.order_by("-at")[:MOST_PAST]:
        for check in record_of(row)["checks"]:
            if check["part"] == consistency.Part.SCENARIOS:
                found.append(Past(check["question"], check["found"], row.at, row.law_digest, row.constitution_digest))
    return found


def record_of(row: Elicitation) -> dict[str, Any]:
    """Everything that a run found, as its digest covers it."""
    record: dict[str, Any] = canonical.loads_canonical(bytes(row.canonical))
    return record


def _record(found: Found, *, job: UUID, at: datetime) -> dict[str, Any]:
    report = found.report
    return {
        "system": found.system.name,
        "job": str(job),
        "at": at.isoformat(),
        "version": found.basis.version,
        "constitution": found.basis.constitution,
        "law": found.basis.law,
        "suite": found.suite,
        "parts": {part.value: {"asked": one.asked, "agreed": one.agreed} for part, one in report.tallies.items()},
        "total": {"asked": report.total.asked, "agreed": report.total.agreed},
        "counts": report.counts,
        "passed": report.passed,
        "why": list(report.why),
        "left_out": [one.as_json() for one in found.left_out],
        "checks": [one.as_json() for one in report.checks],
    }


def _kept(run: Run, found: Found) -> Elicitation:
    """The row and its ledger entry, unless the ground moved while it was asked."""
    scope, at = run.scope, run.at
    with in_tenant(scope.tenant_id, durable=True):
        system = System.objects.select_for_update(no_key=True, of=("self",)).get(
            tenant_id=scope.tenant_id, id=found.system.id
        )
        if _ground(scope, system, at)[1] != found.basis:
            raise GiveUp(f"The law or the constitution of {system.name} was changed meanwhile. Ask again.")
        job = Job.objects.only("requested_by").get(tenant_id=scope.tenant_id, id=run.job_id)
        row = _row(run, found, requested_by=job.requested_by)
        row.save(force_insert=True)
        _append(scope, row, found, at)
    return row


def _row(run: Run, found: Found, *, requested_by: str) -> Elicitation:
    record = canonical.canonical_bytes(_record(found, job=run.job_id, at=run.at))
    scenarios, total = found.report.tallies[consistency.Part.SCENARIOS], found.report.total
    return Elicitation(
        id=new_id(run.at),
        tenant_id=run.scope.tenant_id,
        system=found.system,
        job=run.job_id,
        at=run.at,
        requested_by=requested_by,
        constitution_version=found.basis.version,
        constitution_digest=found.basis.constitution,
        law_digest=found.basis.law,
        suite_digest=found.suite,
        asked=scenarios.asked,
        as_expected=scenarios.agreed,
        checks=total.asked,
        agreed=total.agreed,
        left_out=len(found.left_out),
        is_passed=found.report.passed,
        digest=canonical.digest_bytes(record),
        canonical=record,
    )


def _append(scope: Scope, row: Elicitation, found: Found, at: datetime) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type="drift_detection",
        action={
            "name": "elicitation.run",
            "subject": found.system.name,
            "run": str(row.id),
            "digest": row.digest,
            **_basis(row),
            "asked": row.asked,
            "as_expected": row.as_expected,
            "checks": row.checks,
            "agreed": row.agreed,
            "outcome": "passed" if row.is_passed else "failed",
            "requested_by": row.requested_by,
        },
        explanation=said(row, found.system.name),
        rules_applied=["drift.re_elicitation"],
    )


def _basis(row: Elicitation) -> Mapping[str, Any]:
    return {
        "constitution": row.constitution_digest,
        "version": row.constitution_version,
        "law": row.law_digest,
        "suite": row.suite_digest,
    }


def said(row: Elicitation, system: str) -> str:
    """A run in a sentence."""
    end = "It passed." if row.is_passed else "It did not pass."
    answered = f"{row.as_expected} of {row.asked} scenarios as expected, {row.agreed} of {row.checks} checks agree"
    return f"{system} was asked on version {row.constitution_version}: {answered}. {end}"
