"""Watches as pages and programs read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from dreams.guardrails.judging import Baseline, Judge
from dreams.guardrails.models import OPEN, State, Watch
from dreams.guardrails.spark import Spark, spark
from dreams.guardrails.triggers import Reaction, Rule, Trigger, rules_of
from governance.errors import NotFound
from governance.scope import Capability, Scope

LABELS: Final = {
    Trigger.SUCCESS: "Success rate",
    Trigger.VIOLATION: "Violations of the law",
    Trigger.SATISFACTION: "Ratings of one or two stars",
    Trigger.COST: "Cost of an execution",
}
REACTIONS: Final = {
    Reaction.WARN: "people are told",
    Reaction.PAUSE: "TARS leaves the system alone",
    Reaction.ROLL_BACK: "TARS rolls it back",
}
TONES: Final = {
    State.WATCHING: ("accent", "◷"),
    State.FIRED: ("bad", "■"),
    State.ASKED: ("bad", "■"),
    State.PAUSED: ("expand", "◐"),
    State.ROLLED_BACK: ("bad", "↺"),
    State.KEPT: ("open", "●"),
    State.ENDED: ("tighten", "●"),
}


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """What a list asks for; "" is everything. `state`: a state, or `open`."""

    state: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A watch as a list shows it. `took_seconds`: from the observation that crossed the line to what TARS did."""

    number: int
    label: str
    sentence: str
    system: str
    state: str
    state_label: str
    tone: str
    mark: str
    begins_at: datetime
    ends_at: datetime
    because: str
    trigger: str
    took_seconds: float | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Guarded:
    """One trigger of a watch. `before`, `after`, `line` as people read them; `cannot`: why it is not judged, "" where it is."""

    trigger: Trigger
    label: str
    before: str
    after: str
    line: str
    count: int
    least: int
    reaction: str
    cannot: str
    has_fired: bool
    chart: Spark | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A watch with everything its panel draws."""

    line: Line
    triggers: tuple[Guarded, ...]
    looked_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    crossing: dict[str, Any] | None
    executions: int


def watches(*, scope: Scope, filter: WatchFilter | None = None) -> QuerySet[Watch]:
    """The tenant's watches, newest first; slice them and give them to `lines_of`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see what is watched")
    asked = filter or WatchFilter()
    rows = Watch.objects.filter(tenant_id=scope.tenant_id).select_related("amendment")
    if asked.state == "open":
        rows = rows.filter(state__in=[one.value for one in OPEN])
    elif asked.state:
        rows = rows.filter(state=asked.state)
    if asked.system:
        rows = rows.filter(amendment__system_name=asked.system)
    return rows.order_by("-begins_at", "-id")


def lines_of(rows: Iterable[Watch]) -> list[Line]:
    return [_line(row) for row in rows]


def of_amendment(*, scope: Scope, number: int) -> Watch | None:
    """The watch of one amendment, if it has one. One query."""
    return watches(scope=scope).filter(amendment__number=number).first()


def found(*, scope: Scope, number: int) -> Watch:
    """The same. Raises `NotAllowed`, `NotFound`."""
    watch = of_amendment(scope=scope, number=number)
    if watch is None:
        raise NotFound(f"AMD-{number} is not watched.")
    return watch


def whole(row: Watch) -> Whole:
    """Everything about a row that was read. No query."""
    judge = Judge.of(Baseline.of(row.baseline), row.judge)
    fired = row.crossing["trigger"] if row.crossing else ""
    return Whole(
        line=_line(row),
        triggers=tuple(_guarded(rule, judge, row.series, fired=fired) for rule in rules_of(row.rules) if rule.is_on),
        looked_at=row.looked_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        crossing=row.crossing,
        executions=judge.executions,
    )


def _line(row: Watch) -> Line:
    tone, mark = TONES[State(row.state)]
    return Line(
        number=row.amendment.number,
        label=row.amendment.label,
        sentence=row.amendment.sentence,
        system=row.amendment.system_name,
        state=row.state,
        state_label=State(row.state).label,
        tone=tone,
        mark=mark,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        because=row.because,
        trigger=row.crossing["trigger"] if row.crossing else "",
        took_seconds=_took(row),
        is_open=row.state in OPEN,
    )


def _took(row: Watch) -> float | None:
    if not row.crossing or row.acted_at is None:
        return None
    return (row.acted_at - datetime.fromisoformat(row.crossing["observed_at"])).total_seconds()


def _guarded(rule: Rule, judge: Judge, series: list[dict[str, Any]], *, fired: str) -> Guarded:
    wealth = judge.wealths.get(rule.trigger)
    before, after, line = judge.figures(rule, wealth)
    said = {name: _said(rule.trigger, value) for name, value in (("before", before), ("after", after), ("line", line))}
    count = judge.violations if rule.trigger is Trigger.VIOLATION else wealth.count if wealth else 0
    if rule.trigger is Trigger.VIOLATION:
        said = {"before": "", "after": f"{count:,}", "line": f"{rule.least:,}"}
    cannot = judge.baseline.without(rule.trigger)
    values = [float(point[rule.trigger.value]) for point in series if rule.trigger.value in point]
    return Guarded(
        trigger=rule.trigger,
        label=LABELS[rule.trigger],
        **said,
        count=count,
        least=rule.least,
        reaction=REACTIONS[rule.reaction],
        cannot=cannot,
        has_fired=fired == rule.trigger.value,
        chart=None if cannot or len(values) < 2 else spark(values, before=before, line=line),
    )


def _said(trigger: Trigger, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f} USD" if trigger is Trigger.COST else f"{value:.1%}"
