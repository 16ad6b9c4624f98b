"""Entries that name a person and no employee number: whose they are, by names that are much alike. Pure.

The threshold is Fuse.js's, as the sources have it (seeds/004 5): how far a name may be from the one it is taken for, 0 for the
same letters, 1 for anything. Nothing is guessed between two people who are equally near.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

SETTING: Final = "fuzzy_match_threshold"
USUAL: Final = 0.4
MOST_ENTRIES: Final = 200
"""Entries without a number whose names are looked up; those after them keep none."""
MOST_PEOPLE: Final = 2_000
"""People with whom each is compared, the first that are known."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry and whose it was found to be. `distance` is 0 to 1."""

    entry: int
    employee_id: str
    employee_name: str
    distance: float


def resolved(
    entries: Sequence[Mapping[str, Any]], *, known: Iterable[Mapping[str, Any]] = (), threshold: float = USUAL
) -> tuple[list[dict[str, Any]], tuple[Match, ...]]:
    """The entries, each nameless number filled in where one person of `known` or of the entries themselves is near enough."""
    people = _people([*known, *entries])
    nameless = [number for number, entry in enumerate(entries) if not _text(entry.get("employee_id")) and _name(entry)][
        :MOST_ENTRIES
    ]
    tried = (_nearest(number, _name(entries[number]), people, threshold) for number in nameless)
    matches = {one.entry: one for one in tried if one is not None}
    found = [
        {**entry, "employee_id": matches[number].employee_id} if number in matches else dict(entry)
        for number, entry in enumerate(entries)
    ]
    return found, tuple(matches.values())


def _people(entries: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """By plain name: number and name as it was written. A name that two people have is nobody's."""
    people: dict[str, tuple[str, str]] = {}
    for entry in entries:
        id, said = _text(entry.get("employee_id")), _text(entry.get("employee_name"))
        name = _plain(said)
        if id and name:
            is_other = name in people and people[name][0] != id
            people[name] = ("", said) if is_other else people.get(name, (id, said))
        if len(people) >= MOST_PEOPLE:
            break
    return people


def _name(entry: Mapping[str, Any]) -> str:
    return _plain(entry.get("employee_name"))


def _nearest(entry: int, name: str, people: Mapping[str, tuple[str, str]], threshold: float) -> Match | None:
    ranked = sorted((_distance(name, other), id, said) for other, (id, said) in people.items())
    if not ranked or ranked[0][0] > threshold:
        return None
    distance, id, said = ranked[0]
    is_tied = any(one[0] == distance and one[1] != id for one in ranked[1:])
    return None if is_tied or not id else Match(entry, id, said, distance)


def _distance(one: str, other: str) -> float:
    first, second = sorted((one, other))
    return round(1 - SequenceMatcher(None, first, second, autojunk=False).ratio(), 4)


def _plain(name: Any) -> str:
    """Without case, accents and marks; the words in one order, as lists have "Doe, John" for "John Doe"."""
    letters = unicodedata.normalize("NFKD", _text(name)).casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in letters if not unicodedata.combining(sign)).split()
    return " ".join(sorted(words))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()[:200]
