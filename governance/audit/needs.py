"""Who must have said yes to an amendment, by the sources and the chain alone. Pure.

The verifier's own statement of seeds/000 Rule 3 and docs/decisions/0004, so that an error in the writer's does not hide
here; `tests/unit/governance/audit` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_BY_TYPE = {
    "dream_promotion": ("operator",),
    "manual_update": ("operator",),
    "capability_expansion": ("operator",),
    "governance_tightening": ("compliance_officer",),
}
_BY_BASIS: dict[str, tuple[str, ...]] = {
    "ordinary": (),
    "compliance": ("compliance_officer",),
    "security_patch": ("security",),
    "data_integrity": ("operator", "compliance_officer"),
}
EXPANDING = frozenset({"expands", "unclassified"})
_ROLLERS = frozenset({"operator", "compliance_officer", "security"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One genuine yes: a person (None is TARS), the roles it counts for, and how the place was taken."""

    decision_id: str
    user_id: str | None
    name: str
    roles: frozenset[str]
    via: str
    at: str


Quorums = Mapping[tuple[str, str | None, str], int]
"""`{(amendment type, effect or None for any, role): people}`."""


def places_of_amendment(*, type: str, basis: str, effect: str, quorums: Quorums) -> list[frozenset[str]]:
    """One set of acceptable roles per person needed; raises KeyError for an unknown type or basis."""
    base = () if basis == "security_patch" else _BY_TYPE[type]
    extra = ("operator", "compliance_officer") if effect in EXPANDING else ()
    counts = dict.fromkeys((*_BY_BASIS[basis], *base, *extra), 1)
    for (kind, wanted, role), count in quorums.items():
        if kind == type and wanted in (None, effect):
            counts[role] = max(counts.get(role, 0), count)
    return [frozenset({role}) for role, count in counts.items() for _ in range(count)]


def places_of_rollback(effect: str) -> list[frozenset[str]]:
    return [_ROLLERS] * (2 if effect in EXPANDING else 1)


def is_filled(places: Sequence[frozenset[str]], people: Iterable[frozenset[str]]) -> bool:
    """Whether every place can have a person of its own with one of its roles (augmenting paths)."""
    crowd = list(people)
    seats: dict[int, int] = {}

    def seat(place: int, tried: set[int]) -> bool:
        for person, roles in enumerate(crowd):
            if person in tried or not roles & places[place]:
                continue
            tried.add(person)
            if person not in seats or seat(seats[person], tried):
                seats[person] = place
                return True
        return False

    return all(seat(place, set()) for place in range(len(places)))
