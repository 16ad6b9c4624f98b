"""What a system needs and what needs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.registry.graph import Drawing, Neighbour, drawn
from governance.registry.models import System
from governance.registry.queries.systems import MOST_SYSTEMS
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Dependency:
    """A linked system; `through` names the direct neighbour by which a distant one is reached."""

    name: str
    type: str
    status: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a system needs and what needs it: directly, and beyond."""

    needs: tuple[Dependency, ...]
    needs_beyond: tuple[Dependency, ...]
    needed_by: tuple[Dependency, ...]
    needed_by_beyond: tuple[Dependency, ...]
    others: tuple[str, ...]
    drawing: Drawing


def dependencies(*, scope: Scope, system: System, depth: int = 2) -> Dependencies:
    """The neighbours of a system in both directions and a drawing up to `depth`, from one query over the tenant's systems."""
    rows = System.objects.filter(tenant_id=scope.tenant_id).order_by("name")
    columns = rows.values_list("id", "name", "type", "status", "depends_on", "reverse_dependencies")[:MOST_SYSTEMS]
    known = {row[0]: _Node(*row) for row in columns}
    needs, beyond = _reached(known, system.id, upwards=False)
    needed_by, above = _reached(known, system.id, upwards=True)
    others = tuple(node.name for node in known.values() if node.id != system.id)
    named = {node.name: _neighbour(known, node) for node in known.values()}
    return Dependencies(needs, beyond, needed_by, above, others, drawn(system.name, named, depth=depth))


def _neighbour(known: Mapping[UUID, _Node], node: _Node) -> Neighbour:
    needs = tuple(known[id].name for id in _neighbours(known, node.id, upwards=False))
    return Neighbour(node.name, node.type, node.status, needs)


@dataclass(frozen=True, slots=True)
class _Node:
    id: UUID
    name: str
    type: str
    status: str
    needs: list[UUID]
    needed_by: list[UUID]

    def as_dependency(self, through: str = "") -> Dependency:
        return Dependency(self.name, self.type, self.status, through)


def _reached(
    known: Mapping[UUID, _Node], start: UUID, *, upwards: bool
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]]:
    """Direct neighbours, and those behind them with the direct one they are reached through; breadth first."""
    neighbours = _neighbours(known, start, upwards=upwards)
    direct, beyond = [known[id] for id in neighbours], []
    seen, queue = {start, *neighbours}, deque((node, node.name) for node in direct)
    while queue:
        node, through = queue.popleft()
        for id in _neighbours(known, node.id, upwards=upwards):
            if id not in seen:
                seen.add(id)
                beyond.append(known[id].as_dependency(through))
                queue.append((known[id], through))
    near = sorted((node.as_dependency() for node in direct), key=lambda one: one.name)
    return tuple(near), tuple(sorted(beyond, key=lambda one: one.name))


def _neighbours(known: Mapping[UUID, _Node], id: UUID, *, upwards: bool) -> list[UUID]:
    node = known.get(id)
    links = (node.needed_by if upwards else node.needs) if node else []
    return [neighbour for neighbour in links if neighbour in known]
