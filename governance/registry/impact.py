"""What hangs on a system: who needs it, who names it, what is queued for it. Looked at before its status changes.

Higher slices register what they know of, so that `registry` says what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse

from governance import canonical
from governance.constitution.values import pointer_of
from governance.registry.models import System
from governance.scope import Scope

MOST: Final = 200
"""Things of one kind that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that names the system; `note` says where or how."""

    name: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """Everything of one kind. `consequence` says what becomes of it when the system is not active any more.

    `is_work` marks what comes and goes by itself: requests under way. `total` counts what they are, `things` names them.
    """

    code: str
    title: str
    consequence: str
    things: tuple[Thing, ...]
    total: int
    is_work: bool = False


@dataclass(frozen=True)
class Impact:
    """All that hangs on a system. `digest` names it with the status that it had, without the work."""

    system: str
    status: str
    touched: tuple[Touched, ...]

    @cached_property
    def digest(self) -> str:
        named = {
            one.code: [[thing.name, thing.note] for thing in one.things] for one in self.touched if not one.is_work
        }
        return canonical.digest({"system": self.system, "status": self.status, "touched": named})

    @property
    def work(self) -> int:
        """Requests under way."""
        return sum(one.total for one in self.touched if one.is_work)


Finder = Callable[[Scope, System], Iterable[Touched]]
_finders: dict[str, Finder] = {}


def register(name: str, find: Finder) -> None:
    """Let a higher slice say what of its own hangs on a system; called from `AppConfig.ready`, again without harm."""
    _finders[name] = find


def of(*, scope: Scope, system: System) -> Impact:
    """What hangs on the system now, inside a tenant transaction; kinds of which there is nothing are left out."""
    found = [*_own(scope, system)]
    for find in _finders.values():
        found += find(scope, system)
    return Impact(system.name, system.status, tuple(one for one in found if one.total))


def _own(scope: Scope, system: System) -> Iterator[Touched]:
    rows = System.objects.filter(tenant_id=scope.tenant_id, id__in=system.reverse_dependencies).order_by("name")
    needing = [Thing(row.name, _url(row.name), row.status) for row in rows.only("name", "status")[:MOST]]
    said = "They go on, but what they hand to it goes to somebody else or to nobody."
    yield Touched("needed_by", "Systems that need it", said, tuple(needing), len(system.reverse_dependencies))
    naming = tuple(_naming(scope, system))
    said = "What these words grant or demand stays in force and points to a system that gets no new work."
    yield Touched("named_by", "Constitutions that name it", said, naming, len(naming))


def _naming(scope: Scope, system: System) -> Iterator[Thing]:
    rows = System.objects.filter(tenant_id=scope.tenant_id).exclude(id=system.id).order_by("name")
    rows = rows.annotate(text=Cast("constitution", TextField())).filter(text__contains=system.name)
    # a name ends where a longer one would go on: "memvid" is not named by "memvid-archive"
    whole = re.compile(rf"(?<![\w.-]){re.escape(system.name)}(?![\w-]|\.\w)")
    for name, constitution in rows.values_list("name", "constitution")[:MOST]:
        if pointers := list(_pointers(constitution, whole)):
            more = f" and {len(pointers) - 3} more places" if len(pointers) > 3 else ""
            yield Thing(name, _url(name), f"{', '.join(pointers[:3])}{more}")


def _pointers(value: Any, name: re.Pattern[str], path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Where in a document the name stands, as a key or in a text."""
    if isinstance(value, str):
        if name.search(value):
            yield pointer_of(path)
        return
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        if isinstance(key, str) and name.search(key):
            yield pointer_of((*path, key))
        yield from _pointers(inner, name, (*path, key))


def _url(name: str) -> str:
    return reverse("systems:detail", args=[name])
