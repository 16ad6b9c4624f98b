"""Who must say yes, and what is still missing. Pure.

A person who holds several needed roles fills one place only; places are filled by the largest matching, so the order in
which people answered never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from governance.scope import ROLE_LABELS, Role


@dataclass(frozen=True, slots=True)
class Requirement:
    """`count` people, each holding at least one of `roles`."""

    roles: frozenset[Role]
    count: int = 1

    @property
    def label(self) -> str:
        return " or ".join(ROLE_LABELS[role] for role in Role if role in self.roles)

    def as_json(self) -> dict[str, Any]:
        return {"roles": sorted(role.value for role in self.roles), "count": self.count}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Requirement:
        return cls(roles=frozenset(Role(name) for name in data["roles"]), count=data["count"])


def missing(requirements: Iterable[Requirement], approvals: Sequence[frozenset[Role]]) -> tuple[Requirement, ...]:
    """What is still needed, given the usable roles of each approver (one frozenset per person)."""
    places = [requirement.roles for requirement in requirements for _ in range(requirement.count)]
    taken = _matching(places, approvals)
    open_places: dict[frozenset[Role], int] = {}
    for place, roles in enumerate(places):
        if place not in taken:
            open_places[roles] = open_places.get(roles, 0) + 1
    return tuple(Requirement(roles, count) for roles, count in open_places.items())


def is_met(requirements: Sequence[Requirement], approvals: Sequence[frozenset[Role]]) -> bool:
    """Whether every place is filled. INVARIANT: an empty requirement list is never met: quorum 0 must not auto-apply."""
    return sum(requirement.count for requirement in requirements) > 0 and not missing(requirements, approvals)


def helps(requirements: Sequence[Requirement], approvals: Sequence[frozenset[Role]], roles: frozenset[Role]) -> bool:
    """Whether one more approver with these roles would fill a place that is still open."""

    def still_open(people: Sequence[frozenset[Role]]) -> int:
        return sum(requirement.count for requirement in missing(requirements, people))

    return still_open([*approvals, roles]) < still_open(approvals)


def sentence(requirements: Iterable[Requirement]) -> str:
    """ "2 of Compliance officer and 1 of Operator"; "nobody more" when nothing is needed."""
    return " and ".join(f"{requirement.count} of {requirement.label}" for requirement in requirements) or "nobody more"


def _matching(places: list[frozenset[Role]], people: Sequence[frozenset[Role]]) -> dict[int, int]:
    """Kuhn's algorithm: the largest assignment of people to places they can fill, as `{place: person}`."""
    taken: dict[int, int] = {}

    def seat(person: int, tried: set[int]) -> bool:
        for place, roles in enumerate(places):
            if place in tried or not roles & people[person]:
                continue
            tried.add(place)
            if place not in taken or seat(taken[place], tried):
                taken[place] = person
                return True
        return False

    for person in range(len(people)):
        seat(person, set())
    return taken
