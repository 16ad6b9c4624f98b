"""Scenarios, pairs and runs as pages and programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from dreams.elicitation import evidence, suite
from dreams.elicitation.consistency import WORDS, Part, Tally
from dreams.elicitation.models import Elicitation
from dreams.elicitation.running import record_of, said
from dreams.elicitation.scenario import Item, Kind, Pair, Preference, Scenario
from governance.drift.actions import FRESH_FOR
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Capability, Scope

TO_SEE: Final = "see what is expected of systems"
OUTCOMES: Final = {
    "permit": ("Permit", "tighten", "●"),
    "require_approval": ("Ask", "expand", "◐"),
    "deny": ("Deny", "bad", "■"),
    "left": ("Left", "accent", "◧"),
    "right": ("Right", "accent", "◨"),
    "neither": ("Neither", "", "–"),
}


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list asks for; "" is everything. `state`: `active` or `off`."""

    kind: str = ""
    domain: str = ""
    system: str = ""
    state: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario or a pair as a list shows it. `subject`: its domain, or the dimension of a pair."""

    item: Item

    @property
    def kind(self) -> str:
        return self.item.kind.value

    @property
    def subject(self) -> str:
        content = self.item.content
        return content.domain if isinstance(content, Scenario) else content.dimension

    @property
    def question(self) -> str:
        """What is asked, in words."""
        content = self.item.content
        if isinstance(content, Pair):
            return f"“{content.left.label}” or “{content.right.label}”"
        return content.asked.text or content.asked.action

    @property
    def principle(self) -> str:
        content = self.item.content
        return content.principle if isinstance(content, Scenario) else ""

    @property
    def expected(self) -> str:
        """What is expected, in a word or two."""
        content = self.item.content
        if isinstance(content, Pair):
            sides = {Preference.LEFT: content.left.label, Preference.RIGHT: content.right.label}
            return sides.get(content.expected, "neither")
        words = (OUTCOMES[content.expected][0] if content.expected else "", content.expected_system)
        return " · ".join(filter(None, words)) or "its answer's words"

    @property
    def tone(self) -> str:
        content = self.item.content
        key = content.expected if isinstance(content, Scenario) else ""
        return OUTCOMES[key][1] if key else "accent"

    @property
    def mark(self) -> str:
        content = self.item.content
        key = content.expected if isinstance(content, Scenario) else content.expected.value
        return OUTCOMES[key][2] if key else "◇"


def items(*, scope: Scope, filter: ItemFilter | None = None) -> list[Line]:
    """What is expected, in order. One query. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to=TO_SEE)
    asked = filter or ItemFilter()
    kind = Kind(asked.kind) if asked.kind else None
    return [line for one in suite.items(scope=scope, kind=kind) if _fits(line := Line(one), asked)]


def _fits(line: Line, asked: ItemFilter) -> bool:
    content = line.item.content
    words = f"{content.title} {line.question} {line.principle} {line.subject}".casefold()
    return (
        (not asked.domain or line.subject == asked.domain)
        and (not asked.system or content.system in ("", asked.system))
        and (not asked.state or line.item.is_active == (asked.state == "active"))
        and asked.q.casefold() in words
    )


def item(*, scope: Scope, kind: Kind, key: str) -> Line:
    """One of them. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.READ_RECORD, to=TO_SEE)
    return Line(suite.found(scope=scope, kind=kind, key=key))


@dataclass(frozen=True, slots=True)
class RunFilter:
    """`outcome`: `passed` or `failed`."""

    system: str = ""
    outcome: str = ""


def runs(*, scope: Scope, filter: RunFilter | None = None) -> QuerySet[Elicitation]:
    """The tenant's runs, newest first, without what each found. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to=TO_SEE)
    asked = filter or RunFilter()
    rows = Elicitation.objects.filter(tenant_id=scope.tenant_id).select_related("system").defer("canonical")
    if asked.system:
        rows = rows.filter(system__name=asked.system)
    if asked.outcome:
        rows = rows.filter(is_passed=asked.outcome == "passed")
    return rows.order_by("-at", "-id")


def found_run(*, scope: Scope, run_id: UUID) -> Elicitation:
    """Raises `NotAllowed`, `NotFound`."""
    row = runs(scope=scope).filter(id=run_id).first()
    if row is None:
        raise NotFound("There is no such run. The list of runs shows those there are.")
    return row


def latest(*, scope: Scope, system: System, since: datetime) -> Elicitation | None:
    """The latest run of a system since a moment. One query."""
    rows = Elicitation.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, at__gte=since)
    return rows.order_by("-at", "-id").first()


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of a run with its checks, those that disagree first."""

    part: str
    label: str
    tally: Tally
    checks: tuple[Mapping[str, Any], ...]

    @property
    def percent(self) -> int:
        return self.tally.agreed * 100 // self.tally.asked if self.tally.asked else 0


@dataclass(frozen=True, slots=True)
class Whole:
    """A run with everything that its page draws. `stale`: why nobody can rely on it today, "" where one can."""

    row: Elicitation
    said: str
    parts: tuple[PartLine, ...]
    why: tuple[str, ...]
    left_out: tuple[Mapping[str, str], ...]
    counts: bool
    stale: str
    record: Mapping[str, Any]


def whole(*, scope: Scope, row: Elicitation, at: datetime) -> Whole:
    """Everything about one run."""
    record = record_of(row)
    return Whole(
        row=row,
        said=said(row, row.system.name),
        parts=tuple(_part(part, record) for part in Part),
        why=tuple(record["why"]),
        left_out=tuple(record["left_out"]),
        counts=record["counts"],
        stale=stale(scope=scope, row=row, at=at),
        record=record,
    )


def stale(*, scope: Scope, row: Elicitation, at: datetime) -> str:
    """Why a run says nothing about today, its age included."""
    if at - row.at > FRESH_FOR:
        return f"It is older than {int(FRESH_FOR.total_seconds() // 3600)} hours."
    return evidence.stale(scope=scope, system=row.system, row=row, at=at)


def _part(part: Part, record: Mapping[str, Any]) -> PartLine:
    counted = record["parts"][part.value]
    checks = (one for one in record["checks"] if one["part"] == part.value)
    return PartLine(
        part.value,
        WORDS[part],
        Tally(counted["asked"], counted["agreed"]),
        tuple(sorted(checks, key=lambda one: one["agrees"])),
    )


def subjects(lines: Iterable[Line]) -> list[str]:
    """The domains and dimensions among them, by name."""
    return sorted({one.subject for one in lines})
