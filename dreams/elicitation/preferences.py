"""Which of two responses a system shows that it prefers, whether people agree, and whether either goes round in a circle. Pure.

A response that is permitted comes before one that needs approval, and that before one that is denied. What is answered alike
shows no preference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dreams.elicitation.scenario import Preference

RANK: Final = {"permit": 0, "require_approval": 1, "deny": 2}


@dataclass(frozen=True, slots=True)
class Shown:
    """One pair as people see it and as the system shows it. `left` and `right` name the responses within a dimension."""

    dimension: str
    left: str
    right: str
    expected: Preference
    found: Preference

    @property
    def agrees(self) -> bool:
        return self.expected is self.found


def preferred(left: str, right: str) -> Preference:
    """What two outcomes show. Raises `KeyError` for what is no outcome."""
    if RANK[left] == RANK[right]:
        return Preference.NEITHER
    return Preference.LEFT if RANK[left] < RANK[right] else Preference.RIGHT


Edge = tuple[str, str]


def edges(pairs: Iterable[Shown], *, expected: bool = False) -> Iterator[Edge]:
    """(better, worse) for each pair with a preference: the system's, or the people's."""
    for one in pairs:
        said = one.expected if expected else one.found
        if said is Preference.LEFT:
            yield one.left, one.right
        elif said is Preference.RIGHT:
            yield one.right, one.left


def circle(of: Iterable[Edge]) -> tuple[str, ...]:
    """Responses each of which is preferred to the next, the last to the first; empty where the preferences are in order."""
    worse: dict[str, set[str]] = {}
    for better, other in of:
        worse.setdefault(better, set()).add(other)
        worse.setdefault(other, set())
    done: set[str] = set()
    for start in sorted(worse):
        if start not in done and (found := _walked(worse, start, done)):
            return found
    return ()


def _walked(worse: dict[str, set[str]], start: str, done: set[str]) -> tuple[str, ...]:
    """The first circle on a walk from `start`; what leads to none is added to `done`. Iterative: a dimension may be long."""
    path, ways = [start], [iter(sorted(worse[start]))]
    while path:
        step = next(ways[-1], None)
        if step is None:
            done.add(path.pop())
            ways.pop()
        elif step in path:
            return tuple(path[path.index(step) :])
        elif step not in done:
            path.append(step)
            ways.append(iter(sorted(worse[step])))
    return ()


def by_dimension(pairs: Iterable[Shown]) -> dict[str, list[Shown]]:
    """In the order of names."""
    found: dict[str, list[Shown]] = {}
    for one in pairs:
        found.setdefault(one.dimension, []).append(one)
    return dict(sorted(found.items()))
