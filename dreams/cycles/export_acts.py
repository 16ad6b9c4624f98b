"""What is barred and the frozen set of a system, as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from dreams.cycles import acting, frozen
from dreams.cycles.models import DreamBar
from dreams.cycles.regression import keys_of
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.registry.records import utc
from governance.scope import Scope

BARS: Final = ("id", "system", "changes", "because", "by", "at")
FROZEN: Final = ("execution_id", "kind", "text", "added_by", "added_at", "last_different_in", "last_different_at")


def bar_record(row: DreamBar) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "system": row.system.name,
        "changes": row.changes,
        "because": row.because,
        "by": row.barred_by,
        "at": utc(row.barred_at),
    }


def frozen_record(line: frozen.Line) -> dict[str, Any]:
    found = line.differed
    return {
        "execution_id": line.key,
        "kind": line.kind,
        "text": line.text,
        "added_by": line.added_by,
        "added_at": utc(line.added_at),
        "last_different_in": found.cycle_id if found else None,
        "last_different_at": utc(found.at) if found else None,
    }


def _asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    system = str(parameters.get("system", "")).replace("\x00", "").strip()
    said = {"system": system} if system else {}
    return Asked(payload=said, words=f"system {system}" if system else "every system", query=urlencode(said))


def _count_bars(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return int(acting.bars(scope=scope, system=payload.get("system", ""))[:most].count())


def _bars(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    rows = acting.bars(scope=scope, system=payload.get("system", "")).order_by("id")
    found = list((rows.filter(id__gt=UUID(cursor)) if cursor else rows)[:CHUNK])
    return [Row(bar_record(one)) for one in found], str(found[-1].id) if found else None


def _count_frozen(scope: Scope, payload: dict[str, Any], most: int) -> int:
    system = acting.system_named(scope=scope, name=payload.get("system", ""))
    return len(keys_of(scope=scope, system_id=system.id)[:most])


def _frozen(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: a set has at most a hundred."""
    if cursor:
        return [], None
    system = acting.system_named(scope=scope, name=payload.get("system", ""))
    found = [Row(frozen_record(one)) for one in frozen.lines(scope=scope, system=system)]
    return found, "all" if found else None


SOURCES: Final = (
    Source(
        kind="dream-bars",
        title="What no dream tries again",
        columns=tuple(map(Column, BARS)),
        formats=("csv", "json"),
        asked=_asked,
        count=_count_bars,
        chunk=_bars,
    ),
    Source(
        kind="regression-set",
        title="Requests that every night of a system tries",
        columns=tuple(map(Column, FROZEN)),
        formats=("csv", "json"),
        asked=_asked,
        count=_count_frozen,
        chunk=_frozen,
    ),
)
