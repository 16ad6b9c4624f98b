"""Where a request stands, for the eye: a word with its mark, a small track of points, and each step as a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from routing.executions.stages import Stage, Status

Step = Mapping[str, Any]
_MARKS: Final = {
    "received": ("Taken on", "accent", "○"),
    "routed": ("Being decided", "accent", "◔"),
    "awaiting_approval": ("Waits for approval", "expand", "◷"),
    "ready": ("May act", "accent", "◑"),
    "calling": ("Working", "accent", "▶"),
    "answered": ("Answered", "accent", "◕"),
    "success": ("Succeeded", "tighten", "✓"),
    "partial": ("Partly done", "expand", "◐"),
    "failed": ("Failed", "bad", "✕"),
    "timeout": ("Ran out of time", "bad", "◷"),
    "governance_blocked": ("Blocked", "bad", "■"),
}
_POINTS: Final = {
    "asked": "Asked",
    "found": "Agent found",
    "allowed": "Rules",
    "approved": "Approval",
    "funded": "Money",
    "worked": "Agent works",
    "ended": "Receipt",
}
_AT: Final = {
    Stage.RECEIVED: "found",
    Stage.ROUTED: "allowed",
    Stage.AWAITING_APPROVAL: "approved",
    Stage.READY: "funded",
    Stage.CALLING: "worked",
    Stage.ANSWERED: "ended",
}
_STEPS: Final = {
    "received": "Asked",
    "routed": "Agent found",
    "verdict": "Rules",
    "approval": "Approval",
    "reserved": "Money",
    "called": "Call",
    "retried": "Again",
    "fell_back": "Next agent",
    "settled": "Money",
    "released": "Money",
    "receipt": "Receipt",
    "cancelled": "Called off",
}
_BAD: Final = frozenset({"deny", "rejected", "expired"})
_GOOD: Final = frozenset({"permit", "approved"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a chip: word, tone and sign."""

    word: str
    tone: str
    sign: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the track. `state`: done, now, bad, open."""

    name: str
    word: str
    state: str


@dataclass(frozen=True, slots=True)
class Told:
    """One step as a line of the story. `tone`: good, bad, or nothing."""

    at: datetime
    word: str
    sentence: str
    tone: str


def mark_of(*, stage: str, status: str) -> Mark:
    """How it ended, or where it stands."""
    return Mark(*_MARKS[status or stage])


def points_of(*, stage: str, status: str, steps: Sequence[Step]) -> tuple[Point, ...]:
    """The track: what is done, what goes on, and where it broke off."""
    is_asked = any(step["step"] == "approval" for step in steps)
    names = [name for name in _POINTS if name != "approved" or is_asked or stage == Stage.AWAITING_APPROVAL]
    is_over = stage == Stage.DONE
    is_whole = is_over and status in {Status.SUCCESS, Status.PARTIAL}
    here = len(names) if is_whole else names.index(_broke_at(status, steps) if is_over else _AT[Stage(stage)])
    points = [
        Point(name, _POINTS[name], _state(place - here, is_over=is_over and not is_whole))
        for place, name in enumerate(names)
    ]
    # Whatever became of it: once it is over, its receipt is written.
    return (*points[:-1], replace(points[-1], state="done")) if is_over else tuple(points)


def story_of(steps: Iterable[Step]) -> tuple[Told, ...]:
    """Each step as a line."""
    return tuple(
        Told(datetime.fromisoformat(step["at"]), _word(step["step"]), step["sentence"], _tone(step)) for step in steps
    )


def channel_of(steps: Sequence[Step]) -> str:
    """Through what the request came; "" where nothing says so."""
    return str(steps[0].get("channel", "")) if steps else ""


def _word(step: str) -> str:
    return _STEPS.get(step, step.replace("_", " ").capitalize())


def _state(distance: int, *, is_over: bool) -> str:
    if distance < 0:
        return "done"
    if distance > 0:
        return "open"
    return "bad" if is_over else "now"


def _broke_at(status: str, steps: Sequence[Step]) -> str:
    """The point at which a request that came to nothing broke off, by its last step that says so."""
    point = _last_point(steps)
    # Who was found, and may not: the router asked the rules about every candidate.
    return "allowed" if point == "found" and status == Status.GOVERNANCE_BLOCKED else point


def _last_point(steps: Sequence[Step]) -> str:
    for step in reversed(steps):
        match step["step"], step.get("outcome"):
            case (("called" | "retried"), _):
                return "worked"
            case "approval", ("rejected" | "expired" | "asked"):
                return "approved"
            case ("reserved", _) | ("approval", "approved") | ("verdict", ("permit" | "require_approval")):
                return "funded"
            case "verdict", _:
                return "allowed"
            case (("routed" | "fell_back"), _):
                return "allowed" if step.get("system") else "found"
    return "found"


def _tone(step: Step) -> str:
    if step.get("outcome") in _BAD or step["step"] in {"retried", "fell_back", "cancelled"}:
        return "bad"
    return "good" if step.get("outcome") in _GOOD else ""
