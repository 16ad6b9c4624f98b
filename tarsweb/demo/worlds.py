"""The demo's tenants as data: who is in them, what runs in them, and what happened. Read from `data/`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from governance.scope import Role

DATA = Path(__file__).parent / "data"
WORLDS = ("oms", "newclient")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo, with the roles held in one world. `key` is what stories call them."""

    key: str
    email: str
    name: str
    time_zone: str
    roles: tuple[Role, ...]

    @property
    def role_line(self) -> str:
        return ", ".join(role.label for role in self.roles)


@dataclass(frozen=True, slots=True)
class World:
    """One demo tenant: terms, people, systems with their first constitutions, and what happened in `days` days. It was opened
    `before` days before the first of them."""

    key: str
    tenant: dict[str, Any]
    days: int
    before: int
    people: tuple[Person, ...]
    systems: tuple[dict[str, Any], ...]
    story: tuple[dict[str, Any], ...]
    work: dict[str, Any]
    """What was asked of the systems; empty for a world in which nothing was."""
    size: float
    """How much of it, 1 for all."""

    def person(self, key: str) -> Person:
        """Raises `KeyError` for somebody who is not in this world."""
        for person in self.people:
            if person.key == key:
                return person
        raise KeyError(f"Nobody in {self.key} is called {key}.")


def load(*, tag: str = "") -> tuple[World, ...]:
    """Every world, the main one first. A `tag` puts it beside the others: `oms.com` becomes `<tag>.oms.com`.

    The setting `DEMO_SIZE` says how much was asked of their systems.
    """
    people = _read(DATA / "people.json")
    return tuple(_world(key, people, tag=tag) for key in WORLDS)


def staff() -> Person:
    """The demo's platform staff: one person, in no world."""
    (row,) = (row for row in _read(DATA / "people.json") if row.get("is_platform_staff"))
    return Person(row["key"], row["email"], row["name"], row["time_zone"], ())


def _world(key: str, people: list[dict[str, Any]], *, tag: str) -> World:
    tenant = _read(DATA / key / "tenant.json")
    return World(
        key=key,
        days=tenant.pop("days"),
        before=tenant.pop("before", 0),
        tenant={**tenant, "domain": _tagged(tenant["domain"], tag)},
        people=tuple(_person(row, key, tag=tag) for row in people if key in row["roles"]),
        systems=tuple(_read(DATA / key / "systems.json")),
        story=tuple(_read(DATA / key / "story.json")),
        work=_read(found) if (found := DATA / key / "work.json").exists() else {},
        size=settings.DEMO_SIZE,
    )


def _person(row: dict[str, Any], world: str, *, tag: str) -> Person:
    local, _, domain = row["email"].partition("@")
    return Person(
        key=row["key"],
        email=f"{local}@{_tagged(domain, tag)}",
        name=row["name"],
        time_zone=row["time_zone"],
        roles=tuple(Role(name) for name in row["roles"][world]),
    )


def _tagged(domain: str, tag: str) -> str:
    return f"{tag}.{domain}" if tag else domain


def _read(path: Path) -> Any:
    return json.loads(path.read_text())
