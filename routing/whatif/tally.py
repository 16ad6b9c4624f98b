"""Counting a replay: who stays, who moves from where to where, and what could not be asked again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import numpy as np

from routing.embeddings.embedder import Vectors
from routing.whatif.cases import REASONS, Case, Past, Placed, Unasked

EXAMPLES: Final = 10
MOST_WEIGHED: Final = 20_000
"""Moved requests whose figures are estimated: the newest. All of them are counted."""


@dataclass(frozen=True, slots=True)
class Example:
    """A request that would have gone elsewhere."""

    case: Case
    before: Placed
    after: Placed

    def as_json(self) -> dict[str, Any]:
        return {
            "execution_id": str(self.case.id),
            "at": self.case.at,
            "text": self.case.text,
            "from": self.before.name,
            "to": self.after.name,
            "before": self.before.as_json(),
            "after": self.after.as_json(),
        }


@dataclass
class Move:
    """Requests that would have gone from one system to another; an empty name is nobody. `unjudged`: nobody asked the rules about
    the new system then. `examples` are the newest, each text once. `pasts` and `vectors` are of the newest, which are estimated;
    a past is None where the request went somewhere else than today's rules would send it: what became of it says nothing about
    `before`."""

    before: str
    after: Placed
    count: int = 0
    unjudged: int = 0
    pasts: list[Past | None] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)

    @property
    def matrix(self) -> Vectors:
        return np.stack(self.vectors)


@dataclass
class Tally:
    """A replay under way or done."""

    read: int = 0
    as_then: int = 0
    stays: int = 0
    in_scope: int = 0
    out_of_scope: int = 0
    skipped: Counter[Unasked] = field(default_factory=Counter)
    moves: dict[tuple[str, str], Move] = field(default_factory=dict)
    weighed: int = 0

    def skip(self, reason: Unasked) -> None:
        """Count one execution that cannot be replayed."""
        self.read += 1
        self.skipped[reason] += 1

    def add(self, case: Case, *, vector: Vectors, before: Placed, after: Placed) -> None:
        """Count one that was replayed."""
        self.read += 1
        is_as_then = before.id == case.chosen
        self.as_then += is_as_then
        self.in_scope += after.is_in_scope and not before.is_in_scope
        self.out_of_scope += before.is_in_scope and not after.is_in_scope
        if before.id == after.id:
            self.stays += 1
            return
        move = self.moves.setdefault((before.name, after.name), Move(before.name, after))
        move.count += 1
        move.unjudged += after.id is not None and after.id not in case.judged
        if len(move.examples) < EXAMPLES and all(one.case.text != case.text for one in move.examples):
            move.examples.append(Example(case, before, after))
        if self.weighed < MOST_WEIGHED:
            self.weighed += 1
            move.pasts.append(case.past if is_as_then else None)
            move.vectors.append(vector.copy())  # a row alone: a view would keep its whole batch

    @property
    def replayed(self) -> int:
        return self.read - self.skipped.total()

    @property
    def moved(self) -> int:
        return self.replayed - self.stays

    @property
    def sorted(self) -> tuple[Move, ...]:
        """The most frequent first."""
        return tuple(sorted(self.moves.values(), key=lambda one: (-one.count, one.before, one.after.name)))

    def examples(self) -> list[Example]:
        """Ten, of as many kinds of moves as there are: the most frequent kinds first, then more of each."""
        return list(_by_turns([one.examples for one in self.sorted]))[:EXAMPLES]


def measured(pasts: Iterable[Past | None]) -> dict[str, Any]:
    """What became of requests: counted, nothing estimated."""
    known = [one for one in pasts if one is not None]
    costs = [one.cost for one in known if one.cost is not None]
    stars = [one.stars for one in known if one.stars is not None]
    return {
        "success": _figure(sum(one.is_success for one in known) / len(known), len(known), 4) if known else None,
        "cost_usd": _figure(float(sum(costs, Decimal(0)) / len(costs)), len(costs), 6) if costs else None,
        "stars": _figure(sum(stars) / len(stars), len(stars), 2) if stars else None,
    }


def coverage(tally: Tally, *, total: int, days: int) -> str:
    """Said before any count."""
    if not total:
        return f"Nothing was done in these {days} days, so a replay says nothing."
    said = [f"{tally.replayed:,} of {total:,} executions of these {days} days could be replayed"]
    said += [f"{count:,} not, because {REASONS[reason]}" for reason, count in tally.skipped.most_common()]
    if left := total - tally.read:
        said.append(f"{left:,} not, because only the newest {tally.read:,} are replayed")
    again = f" Today's rules send {tally.as_then:,} of them where they went then." if tally.replayed else ""
    return f"{'; '.join(said)}.{again}"


def sentence(tally: Tally) -> str:
    """What would have been different."""
    if not tally.replayed:
        return ""
    if not tally.moved:
        return f"Nobody moves: all {tally.replayed:,} go where today's rules send them."
    said = f"{tally.moved:,} of {tally.replayed:,} would have gone elsewhere, {tally.stays:,} stay."
    for count, words in ((tally.in_scope, "come into scope"), (tally.out_of_scope, "fall out of scope")):
        said += f" {count:,} {words}." if count else ""
    return said


def _figure(value: float, n: int, places: int) -> dict[str, Any]:
    return {"value": round(value, places), "n": n}


def _by_turns(kinds: Sequence[Sequence[Example]]) -> Iterator[Example]:
    for place in range(EXAMPLES):
        for kind in kinds:
            if place < len(kind):
                yield kind[place]
