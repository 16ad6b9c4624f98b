"""The lists that can be taken away: each slice registers its own, so that `exports` writes what it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.errors import NotFound
from governance.exports.table import Column, Row
from governance.scope import Capability, Scope

CHUNK: Final = 500
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A list narrowed by filters: `payload` in absolute terms (JSON), `words` for a person, `query` for an address."""

    payload: dict[str, Any]
    words: str
    query: str


@dataclass(frozen=True, slots=True)
class Source:
    """One list.

    `asked` reads an address's parameters, `count` counts up to a limit, `chunk` reads rows after a cursor (None: from the start)
    and says where to go on (None: that was all).
    """

    kind: str
    title: str
    columns: tuple[Column, ...]
    formats: tuple[str, ...]
    asked: Callable[[Scope, Mapping[str, str]], Asked]
    count: Callable[[Scope, dict[str, Any], int], int]
    chunk: Callable[[Scope, dict[str, Any], Any], tuple[list[Row], Any]]
    is_packed: bool = False
    """Whether the file comes in a zip with its manifest."""
    is_own_without_record: bool = False
    """Whether who does not read the record may take it: its rows are then those that the scope may see."""

    def demand_open(self, scope: Scope) -> None:
        """Raise `NotAllowed` for who may not take this list away."""
        if not self.is_own_without_record:
            scope.demand(Capability.READ_RECORD, to="take a list away")

    def rows(self, scope: Scope, payload: dict[str, Any]) -> Iterator[Row]:
        """Every row, inside the caller's transaction."""
        cursor: Any = None
        while True:
            rows, cursor = self.chunk(scope, payload, cursor)
            yield from rows
            if cursor is None:
                return


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Offer a list; called from `AppConfig.ready`, again without harm."""
    _sources[source.kind] = source


def source_of(kind: str) -> Source:
    """Raises `NotFound`."""
    if kind not in _sources:
        raise NotFound(f"There is no list {kind[:40]} to take away. There are: {', '.join(sorted(_sources))}.")
    return _sources[kind]


def kinds() -> list[str]:
    return sorted(_sources)
