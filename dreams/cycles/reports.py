"""The morning report of one night: its plan, what was found of each dream, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from dreams.cycles import pairs, queries
from dreams.cycles.distribution import Spread, spread_of
from dreams.cycles.models import Dream, DreamCycle
from dreams.cycles.plans import Written
from dreams.cycles.queries import NightLine
from dreams.cycles.reporting import Bar, Found, bars, found_of, label_of, spent_of
from dreams.mutate.candidate import Origin
from dreams.verdict.rules import Verdict
from dreams.verdict.wording import percent
from governance import canonical
from governance.scope import Scope

ORIGINS: Final = {
    Origin.PERSON: "asked for by a person",
    Origin.RATING: "from low ratings",
    Origin.TELEMETRY: "from telemetry",
    Origin.MODEL: "written by a model",
    Origin.OPTIMISER: "from the optimiser",
    Origin.DUMMY: "the dummy",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One dream in the report. `bar` is None where nothing was measured; `can_propose`: it won and waits for a person."""

    id: UUID
    number: int
    is_dummy: bool
    origin: str
    sentence: str
    said: str
    found: Found
    bar: Bar | None
    rule: str
    because: str
    n_seen: int
    n_held_out: int
    cost_usd: Decimal | None
    amendment: int | None
    label: str
    state: str
    promoted_at: datetime | None
    not_proposed_because: str
    can_propose: bool

    @property
    def pairs(self) -> int:
        return self.n_seen + self.n_held_out


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan as it was written. `is_whole`: the stored bytes have the digest that the ledger holds."""

    digest: str
    is_whole: bool
    at: datetime
    by: str
    written: Written
    primary: str
    planned_effect: str
    minimum_effect: str
    alpha: str
    margins: tuple[tuple[str, str], ...]
    requests: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the page of a night shows. `plan` is None where the stored bytes are no plan; `cost_usd`: of the dreams' own
    runs, beside what the whole night spent."""

    line: NightLine
    started_at: datetime | None
    rows: tuple[Row, ...]
    plan: Planned | None
    plan_digest: str
    cost_usd: Decimal | None

    @property
    def won(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.found.verdict == Verdict.PROMOTE and not row.is_dummy)


def report_of(*, scope: Scope, cycle_id: str) -> Report:
    """Raises `NotAllowed`, `NotFound`. Two queries."""
    night = queries.found(scope=scope, cycle_id=cycle_id)
    rows = queries.dreams_of(scope=scope, night=night)
    plan = planned_of(night)
    least = plan.written.plan.minimum_effect if plan else 0.0
    return Report(
        line=queries.line_of(night, _counted(rows)),
        started_at=night.started_at,
        rows=rows_of(rows, least=least),
        plan=plan,
        plan_digest=night.plan_digest,
        cost_usd=spent_of(one.cost_usd for one in rows),
    )


def rows_of(dreams: list[Dream], *, least: float) -> tuple[Row, ...]:
    """Dreams with their proposals, drawn to one scale."""
    found = [found_of(one.verdict, one.outcome) for one in dreams]
    drawn = bars([one.primary for one in found], least=least)
    return tuple(_row(dream, one, bar) for dream, one, bar in zip(dreams, found, drawn, strict=True))


def planned_of(night: DreamCycle) -> Planned | None:
    """The plan of a night, with the check of its bytes. No query."""
    stored = bytes(night.plan)
    try:
        written = Written.of(stored)
    except (ValueError, KeyError, TypeError):
        return None
    plan = written.plan
    return Planned(
        digest=night.plan_digest,
        is_whole=canonical.digest_bytes(stored) == night.plan_digest,
        at=night.planned_at,
        by=night.planned_by,
        written=written,
        primary=label_of(plan.primary.value),
        planned_effect=percent(plan.planned_effect),
        minimum_effect=percent(plan.minimum_effect),
        alpha=percent(plan.alpha),
        margins=tuple((label_of(metric.value), percent(margin)) for metric, margin in plan.margins.items()),
        requests=tuple((part.value.replace("_", " "), len(keys)) for part, keys in written.requests.items()),
    )


def spreads_of(*, scope: Scope, dream: Dream) -> tuple[tuple[str, str, Spread], ...]:
    """Durations and costs of both sides as charts: id, title, counts. One query."""
    found = pairs.values(scope=scope, dream=dream)
    wanted = (("duration_ms", "{:,.0f} ms"), ("cost_usd", "{:.4f} USD"))
    spreads = ((name, spread_of(*found[name], form=form)) for name, form in wanted)
    return tuple((name, label_of(name), one) for name, one in spreads if one)


def _row(dream: Dream, found: Found, bar: Bar | None) -> Row:
    proposal, is_dummy = dream.proposal, dream.origin == Origin.DUMMY
    return Row(
        id=dream.id,
        number=dream.number,
        is_dummy=is_dummy,
        origin=f"written by {dream.written_by}" if dream.written_by else ORIGINS[Origin(dream.origin)],
        sentence=dream.sentence,
        said=dream.said,
        found=found,
        bar=bar,
        rule=dream.rule,
        because=dream.because,
        n_seen=dream.n_seen,
        n_held_out=dream.n_held_out,
        cost_usd=dream.cost_usd,
        amendment=proposal.number if proposal else None,
        label=proposal.label if proposal else "",
        state=proposal.state if proposal else "",
        promoted_at=dream.promoted_at,
        not_proposed_because=dream.not_proposed_because,
        can_propose=dream.verdict == Verdict.PROMOTE and not is_dummy and proposal is None,
    )


def _counted(rows: list[Dream]) -> dict[str, int]:
    real = [one for one in rows if one.origin != Origin.DUMMY]
    return {
        "tried": len(real),
        "won": sum(one.verdict == Verdict.PROMOTE for one in real),
        "live": sum(one.promoted_to_production for one in real),
    }
