"""What a constitution declares tunable, as rows that a person edits, and the constitution with other bounds. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dreams.mutate.dials import dials_of
from governance.canonical import JSON
from governance.constitution import sense
from governance.constitution.values import MISSING, escape

OWN: Final = ("/tunable", "/protected", "/skill", "/version")
MOST_PLACES: Final = 200
SHOWN: Final = 12
Bounds = Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Row:
    """One tunable place: its bounds, what is stated there today (MISSING: nothing), the values that a dream would try, and why
    none can move it ("" where one can)."""

    pointer: str
    bounds: Bounds
    today: JSON
    tries: tuple[JSON, ...]
    stuck: str

    @property
    def is_stated(self) -> bool:
        return self.today is not MISSING

    @property
    def said_today(self) -> str:
        return words_of(self.today)

    @property
    def first(self) -> list[str]:
        return [words_of(value) for value in self.tries[:SHOWN]]

    @property
    def more(self) -> int:
        return max(len(self.tries) - SHOWN, 0)

    @property
    def written(self) -> int:
        """How many variants a model may write for it each night."""
        return sense.written_most(dict(self.bounds))

    @property
    def longest(self) -> int:
        """Characters of such a variant."""
        return sense.longest(dict(self.bounds))


def words_of(value: JSON) -> str:
    """A value as a person reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def rows(constitution: dict[str, JSON]) -> tuple[Row, ...]:
    """Every declaration, by pointer."""
    dials, stuck = dials_of(constitution)
    by_pointer = {name: dial for dial in dials for name in dial.pointers}
    why = {one.pointer: one.sentence for one in stuck}
    return tuple(
        Row(
            pointer,
            bounds,
            sense.value_at(constitution, pointer),
            by_pointer[pointer].others if pointer in by_pointer else (),
            why.get(pointer, ""),
        )
        for pointer, bounds in sorted(sense.tunable(constitution).items())
    )


def places(constitution: dict[str, JSON]) -> list[str]:
    """Numbers and texts that could be declared tunable: neither declared nor protected yet."""
    guarded, known = sense.protected(constitution), sense.tunable(constitution)
    found = (one for one in _leaves(constitution, "") if one not in known)
    free = [one for one in found if not any(sense.covers(guard, one) for guard in (*guarded, *OWN))]
    return sorted(free)[:MOST_PLACES]


def protected_by(constitution: dict[str, JSON], pointer: str) -> str:
    """Why no dream may ever move this place, as a sentence; "" where one may."""
    for own in OWN[:2]:
        if sense.covers(own, pointer):
            return f"{pointer} says what dreams may do, and a dream may never move that."
    for guard in sorted(sense.protected(constitution)):
        if sense.covers(guard, pointer) or sense.covers(pointer, guard):
            return f"{pointer} is protected by {guard}. Take that out by an amendment of its own first."
    return ""


def bounded(constitution: Mapping[str, Any], wanted: Mapping[str, Bounds]) -> dict[str, Any]:
    """The same constitution that declares this and nothing else tunable."""
    made = {name: value for name, value in constitution.items() if name != "tunable"}
    return {**made, "tunable": {pointer: dict(one) for pointer, one in wanted.items()}} if wanted else made


def _leaves(value: JSON, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}/{escape(name)}")
    elif isinstance(value, str | int | float):
        yield at


def same_bounds(one: Mapping[str, Bounds], other: Mapping[str, Bounds]) -> bool:
    """Whether nothing would change."""
    return {name: dict(value) for name, value in one.items()} == {name: dict(value) for name, value in other.items()}
