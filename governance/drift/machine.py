"""The drift machine of seeds/002 3.2: five states, a frozen table, one function. Pure.

`step` takes one event and walks at most one edge. How the source's open edges are read is decision 0020.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

CALM_FOR: Final = timedelta(hours=24)
"""MONITOR ends when the score stayed below the warning threshold for this long."""
ANSWER_WITHIN: Final = timedelta(hours=72)
"""HOLD becomes DEGRADED when nobody acknowledged it within this."""
WARN_EACH: Final = timedelta(hours=6)
"""A score above the warning threshold counts as another warning once in this, and only where something new was seen since the
last; how often it is looked at counts for nothing."""
MOST_WARNINGS: Final = 3


class State(StrEnum):
    NORMAL = "NORMAL"
    MONITOR = "MONITOR"
    HOLD = "HOLD"
    RECOVERY = "RECOVERY"
    DEGRADED = "DEGRADED"


class Cause(StrEnum):
    """Why an edge is walked."""

    ABOVE_WARNING = "above_warning"
    ABOVE_CRITICAL = "above_critical"
    REPEATED_WARNINGS = "repeated_warnings"
    CALM = "calm"
    ACKNOWLEDGED = "acknowledged"
    UNANSWERED = "unanswered"
    VALIDATED = "validated"
    NOT_VALIDATED = "not_validated"
    OVERRIDDEN = "overridden"


TABLE: Final[Mapping[tuple[State, Cause], State]] = MappingProxyType(
    {
        (State.NORMAL, Cause.ABOVE_WARNING): State.MONITOR,
        (State.MONITOR, Cause.ABOVE_CRITICAL): State.HOLD,
        (State.MONITOR, Cause.REPEATED_WARNINGS): State.HOLD,
        (State.MONITOR, Cause.CALM): State.NORMAL,
        (State.HOLD, Cause.ACKNOWLEDGED): State.RECOVERY,
        (State.HOLD, Cause.UNANSWERED): State.DEGRADED,
        (State.RECOVERY, Cause.VALIDATED): State.NORMAL,
        (State.RECOVERY, Cause.NOT_VALIDATED): State.DEGRADED,
        (State.DEGRADED, Cause.OVERRIDDEN): State.NORMAL,
    }
)
"""Every edge of the source, and no other."""

_STRICTNESS: Final = (State.NORMAL, State.MONITOR, State.RECOVERY, State.HOLD, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the detectors found at one moment. `seen_at`: of the latest look that warns; None: now.

    Raises `ValueError` for a score or thresholds that order nothing.
    """

    score: float
    warning: float
    critical: float
    evidence: Mapping[str, Any] = field(default_factory=dict)
    seen_at: datetime | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.score) and math.isfinite(self.critical) and 0 < self.warning < self.critical):
            raise ValueError("A measurement is a finite score beside 0 < warning < critical.")


@dataclass(frozen=True, slots=True)
class Waited:
    """Nothing but time has passed."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A person has looked at a HOLD and the constitution was validated again."""

    by: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """The preferences were elicited again (3.3): consistent enough, or not."""

    is_consistent: bool
    by: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overridden:
    """An amendment of the constitution was applied since it was degraded, and the constitution was validated again."""

    by: str
    amendment: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


Event = Measured | Waited | Acknowledged | Checked | Overridden


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a system stands, and what the next step needs to know.

    `cause`, `reason` and `evidence` are of the edge that led here. `calm_since` is when the score was first seen below the
    warning threshold and has been since.
    """

    state: State
    since: datetime
    measured_at: datetime | None = None
    warnings: int = 0
    warned_at: datetime | None = None
    calm_since: datetime | None = None
    cause: str = ""
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What may happen next: where it would lead, and when if only time is missing."""

    cause: Cause
    state: State
    at: datetime | None = None


def step(standing: Standing, event: Event, at: datetime) -> Standing:
    """Where the system stands after `event`; the same standing where it changes nothing.

    A limit that has passed by `at` comes first: who acknowledges too late finds the system degraded. A measurement no newer than
    the last one is not taken. A person's act is never lost because a measurement overtook it.
    """
    if standing.state is State.HOLD and at >= standing.since + ANSWER_WITHIN:
        hours = int(ANSWER_WITHIN.total_seconds() // 3600)
        return _moved(standing, Cause.UNANSWERED, at, f"Nobody acknowledged the hold within {hours} hours.", {})
    if isinstance(event, Measured):
        return _measured(standing, event, at)
    found = _answer(event)
    if found is None or (standing.state, found[0]) not in TABLE:
        return standing
    cause, reason, evidence = found
    return _moved(standing, cause, max(at, standing.since), reason, evidence)


def may_order(before: State, after: State) -> bool:
    """Whether a person may put a system there by hand: only into a stricter state, and into RECOVERY only by the table.

    Every way to more trust is an edge of the table with its evidence.
    """
    return after is not State.RECOVERY and _STRICTNESS.index(after) > _STRICTNESS.index(before)


def ordered(standing: Standing, state: State, at: datetime, *, reason: str) -> Standing:
    """The standing after a person's order; raises `ValueError` where `may_order` says no."""
    if not may_order(standing.state, state):
        raise ValueError(f"By hand nothing goes from {standing.state} to {state}.")
    moved = Standing(state=state, since=max(at, standing.since), measured_at=standing.measured_at, reason=reason)
    return replace(moved, warnings=1, warned_at=moved.since) if state is State.MONITOR else moved


def ahead(standing: Standing) -> tuple[Ahead, ...]:
    """The edges out of this state, in the table's order."""
    limits: dict[Cause, Callable[[], datetime | None]] = {
        Cause.CALM: lambda: standing.calm_since + CALM_FOR if standing.calm_since else None,
        Cause.UNANSWERED: lambda: standing.since + ANSWER_WITHIN,
    }
    edges = ((cause, after) for (state, cause), after in TABLE.items() if state is standing.state)
    return tuple(Ahead(cause, after, limits[cause]() if cause in limits else None) for cause, after in edges)


def _answer(event: Event) -> tuple[Cause, str, Mapping[str, Any]] | None:
    match event:
        case Acknowledged():
            return Cause.ACKNOWLEDGED, f"{event.by} acknowledged the hold.", event.evidence
        case Checked(is_consistent=True):
            return Cause.VALIDATED, f"{event.by} validated its behaviour.", event.evidence
        case Checked():
            return Cause.NOT_VALIDATED, f"{event.by} found its behaviour not consistent.", event.evidence
        case Overridden():
            reason = f"{event.by} overrode it after {event.amendment} was applied and the constitution validated."
            return Cause.OVERRIDDEN, reason, {"amendment": event.amendment, **event.evidence}
    return None


def _measured(standing: Standing, found: Measured, at: datetime) -> Standing:
    if standing.measured_at is not None and at <= standing.measured_at:
        return standing
    now = replace(standing, measured_at=at)
    if standing.state is State.NORMAL and found.score > found.warning:
        return _warned(now, found, at)
    return _monitored(now, found, at) if standing.state is State.MONITOR else now


def _warned(standing: Standing, found: Measured, at: datetime) -> Standing:
    reason = f"The drift score {found.score:.2f} is above the warning threshold {found.warning:.2f}."
    moved = _moved(standing, Cause.ABOVE_WARNING, at, reason, _evidence(found))
    return replace(moved, warnings=1, warned_at=at)


def _monitored(standing: Standing, found: Measured, at: datetime) -> Standing:
    if found.score > found.critical:
        reason = f"The drift score {found.score:.2f} is above the critical threshold {found.critical:.2f}."
        return _moved(standing, Cause.ABOVE_CRITICAL, at, reason, _evidence(found))
    if found.score > found.warning:
        return _warned_again(replace(standing, calm_since=None), found, at)
    if found.score == found.warning:
        return replace(standing, calm_since=None)
    calm = standing.calm_since or at
    if at < calm + CALM_FOR:
        return replace(standing, calm_since=calm)
    hours = int(CALM_FOR.total_seconds() // 3600)
    reason = f"The drift score stayed below the warning threshold for {hours} hours."
    return _moved(standing, Cause.CALM, at, reason, {**_evidence(found), "calm_since": calm.isoformat()})


def _warned_again(standing: Standing, found: Measured, at: datetime) -> Standing:
    if standing.warned_at is not None:
        is_new = found.seen_at is None or found.seen_at > standing.warned_at
        if not is_new or at < standing.warned_at + WARN_EACH:
            return standing
    count = standing.warnings + 1
    if count <= MOST_WARNINGS:
        return replace(standing, warnings=count, warned_at=at)
    reason = f"{count} warnings, more than {MOST_WARNINGS}; the last with the drift score {found.score:.2f}."
    return _moved(standing, Cause.REPEATED_WARNINGS, at, reason, {**_evidence(found), "warnings": count})


def _evidence(found: Measured) -> dict[str, Any]:
    return {"score": found.score, "warning": found.warning, "critical": found.critical, **found.evidence}


def _moved(standing: Standing, cause: Cause, at: datetime, reason: str, evidence: Mapping[str, Any]) -> Standing:
    return Standing(
        state=TABLE[standing.state, cause],
        since=at,
        measured_at=standing.measured_at,
        cause=cause.value,
        reason=reason,
        evidence=evidence,
    )
