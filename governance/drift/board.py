"""One system's drift page: where it stands, why, what happens next and when, what was measured, and what led here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from governance.audit.entries import Explained
from governance.audit.filters import Filters
from governance.audit.queries import search
from governance.drift.detect.finding import CRITICAL, WARNING
from governance.drift.machine import MOST_WARNINGS, Cause, State, ahead
from governance.drift.models import DriftScore
from governance.drift.moving import standing_of
from governance.drift.panel import Card, card
from governance.drift.panels import Panel, drawn
from governance.drift.queries import Chip, Measure, chip_of, measures, row_of, scores
from governance.registry.models import Cause as VersionCause
from governance.registry.models import System, SystemVersion
from governance.scope import Scope

MOVES: Final = 20


@dataclass(frozen=True, slots=True)
class Next:
    """Something that may happen; `at` where only time is missing."""

    sentence: str
    state: str
    at: datetime | None = None

    @property
    def chip(self) -> Chip:
        return chip_of(self.state)


@dataclass(frozen=True, slots=True)
class Way:
    """A button with its form: the verb's word, what it says, and whether it asks for a metric."""

    verb: str
    label: str
    hint: str
    asks_metric: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """What the page draws. `tighten` and `roll_back` are addresses, "" where they make no sense."""

    panel: Card
    score: float
    warnings: int
    next: tuple[Next, ...]
    ways: tuple[Way, ...]
    measures: tuple[Measure, ...]
    scores: tuple[DriftScore, ...]
    moves: tuple[Explained, ...]
    panels: tuple[Panel, ...]
    tighten: str
    roll_back: str
    warning: float = WARNING
    critical: float = CRITICAL

    @property
    def chart(self) -> dict[str, Any]:
        """The score over time between its two thresholds."""
        count = len(self.scores)
        return {
            "x": [one.at.isoformat() for one in self.scores],
            "series": {
                "Score": [round(one.score, 4) for one in self.scores],
                "Warning": [self.warning] * count,
                "Critical": [self.critical] * count,
            },
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """What `rows` say."""
        return "Time", "Score", "Metric", "State"

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """The same numbers as a table, the latest first."""
        return [(f"{one.at:%d %b %H:%M}", f"{one.score:.2f}", one.metric, one.state) for one in reversed(self.scores)]


def board(*, scope: Scope, system: System) -> Board:
    """Everything of one system's page, in a constant number of queries."""
    row, panel = row_of(scope=scope, system=system), card(scope, system)
    state = State(panel.standing.state)
    is_held = state in (State.HOLD, State.DEGRADED)
    return Board(
        panel=panel,
        score=row.score if row else 0.0,
        warnings=row.warnings if row else 0,
        next=tuple(Next(_SENTENCES[one.cause], one.state.value, one.at) for one in ahead(standing_of(row)))
        if row
        else _FRESH,
        ways=_WAYS.get(state, ()) + _ALWAYS,
        measures=measures(scope=scope, system=system),
        scores=scores(scope=scope, system=system),
        moves=search(
            scope=scope, filters=Filters(event_type="drift_detection", subject=system.name), limit=MOVES
        ).entries,
        panels=drawn(scope=scope, system=system, state=state.value),
        tighten=_tighten(system) if is_held else "",
        roll_back=_roll_back(scope, system) if is_held else "",
    )


def _tighten(system: System) -> str:
    query = urlencode({"system": system.name, "type": "manual_update", "start": "ask_for_everything"})
    return f"{reverse('amendments:propose')}?{query}"


def _roll_back(scope: Scope, system: System) -> str:
    """The way back from the latest amendment that is still in force."""
    rows = SystemVersion.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, cause=VersionCause.AMENDMENT)
    live = rows.filter(amendment__rolled_back_at=None, amendment__can_rollback=True).order_by("-number")
    number = live.values_list("amendment__number", flat=True).first()
    return reverse("amendments:roll_back", args=[number]) if number else ""


_SENTENCES: Final = {
    Cause.ABOVE_WARNING: f"A drift score above {WARNING:g} puts it under closer watch.",
    Cause.ABOVE_CRITICAL: f"A drift score above {CRITICAL:g} holds it.",
    Cause.REPEATED_WARNINGS: f"More than {MOST_WARNINGS} warnings, one in six hours and each on something new, hold it.",
    Cause.CALM: "A score below the warning for 24 hours makes it normal again.",
    Cause.ACKNOWLEDGED: "A person acknowledges the hold, and its constitution validates.",
    Cause.UNANSWERED: "Nobody acknowledges within 72 hours.",
    Cause.VALIDATED: "A person names a run in which more than 95 % of its canonical scenarios are answered as expected.",
    Cause.NOT_VALIDATED: "Its canonical scenarios are not answered as expected.",
    Cause.OVERRIDDEN: "An amendment of its constitution is applied, and a person overrides.",
}
_FRESH: Final = (Next(_SENTENCES[Cause.ABOVE_WARNING], State.MONITOR.value),)
_WAYS: Final[dict[State, tuple[Way, ...]]] = {
    State.HOLD: (
        Way("acknowledge", "Acknowledge the hold", "You have looked at it. Its constitution is validated again."),
    ),
    State.DEGRADED: (
        Way("override", "Override", "An amendment was applied since; its constitution is validated again."),
    ),
}
_ALWAYS: Final = (
    Way("rearm", "Arm detectors again", "They forget what they saw and keep their baseline.", asks_metric=True),
    Way("reset_baseline", "Take a new baseline", "What it does from now on is what it should do.", asks_metric=True),
)
