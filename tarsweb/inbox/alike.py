"""Which questions are so alike and so harmless that one look may decide them all. Pure.

Alike: the same type and the same effect, and the same change at the same places from the same values to the same values.
Harmless: an ordinary basis, an effect that tightens or is neutral, low risk. Anything else is looked at alone, and says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST = 100
"""How many one look may decide."""
_EFFECTS = frozenset({"tightens", "neutral"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One question as the lane sees it. `steps` names its changes exactly, independent of the document around them.

    `comments` counts open remarks, `rivals` names other open proposals for the same places of the same system.
    """

    label: str
    system: str
    digest: str
    type: str
    basis: str
    effect: str
    steps: tuple[str, ...]
    sentence: str = ""
    is_low_risk: bool = True
    is_stale: bool = False
    is_overdue: bool = False
    comments: int = 0
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Apart:
    """One that must be looked at alone, and why."""

    candidate: Candidate
    because: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Questions that one look decides together."""

    members: tuple[Candidate, ...]

    @property
    def first(self) -> Candidate:
        return self.members[0]

    def __len__(self) -> int:
        return len(self.members)


def alone_because(candidate: Candidate) -> str:
    """Why this one must be looked at alone, or "" when it may go with others."""
    if candidate.effect not in _EFFECTS:
        return "it gives more room, or nobody has classified what it does"
    if candidate.basis != "ordinary":
        return "its basis is not ordinary, so it could not be rolled back"
    if candidate.is_stale:
        return "what it rests on moved"
    if candidate.is_overdue:
        return "it is overdue"
    if candidate.comments:
        return "it has an open comment" if candidate.comments == 1 else f"it has {candidate.comments} open comments"
    if candidate.rivals:
        return f"{', '.join(candidate.rivals[:3])} asks for the same place"
    if not candidate.is_low_risk:
        return "its risk is not low"
    return "" if candidate.steps else "what it changes cannot be compared"


def lanes(candidates: Iterable[Candidate]) -> tuple[Lane, ...]:
    """Every group of two or more, the largest first; a group longer than `MOST` is cut, the rest follows after it is decided."""
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in candidates:
        if not alone_because(candidate):
            groups.setdefault(_kind(candidate), []).append(candidate)
    found = [Lane(tuple(members[:MOST])) for members in groups.values() if len(members) > 1]
    return tuple(sorted(found, key=lambda lane: (-len(lane), lane.first.label)))


def sorted_out(candidates: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], tuple[Apart, ...]]:
    """Those that may be decided together with the first harmless one, and those that fall out, each with the reason."""
    first = next((candidate for candidate in candidates if not alone_because(candidate)), None)
    together: list[Candidate] = []
    apart: list[Apart] = []
    for candidate in candidates:
        because = alone_because(candidate)
        if not because and first is not None and _kind(candidate) != _kind(first):
            because = f"it is unlike {first.label}"
        if not because and len(together) >= MOST:
            because = f"one look decides {MOST} at most"
        if because:
            apart.append(Apart(candidate, because))
        else:
            together.append(candidate)
    return tuple(together), tuple(apart)


def _kind(candidate: Candidate) -> tuple[object, ...]:
    return (candidate.type, candidate.basis, candidate.effect, candidate.steps)
