"""Applied amendments and rollback rates as files that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now
from routing.figures.span import chosen, last_days
from tarsweb.overview import queries
from tarsweb.overview.queries import SystemRate, Window

APPLIED_COLUMNS: Final = (
    "number", "system", "type", "effect", "sentence", "approved_by", "approved_at", "rolled_back_at",
)  # fmt: skip
RATE_COLUMNS: Final = ("system", "version", "total_amendments", "rollbacks", "rollback_rate", "low", "high")


def asked_applied(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The last `days`, and one `system` if it is named."""
    count, system = chosen(str(parameters.get("days", ""))), str(parameters.get("system", "")).strip()
    first = last_days(count, at=now()).first
    said = {"days": str(count), **({"system": system} if system else {})}
    words = f"applied since {first}" + (f", system {system}" if system else "")
    return Asked(payload={"first": first.isoformat(), "system": system}, words=words, query=urlencode(said))


def count_applied(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return queries.applied(scope, _window(payload))[:most].count()


def chunk_applied(scope: Scope, payload: dict[str, Any], done: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    start = int(done or 0)
    rows = list(queries.applied(scope, _window(payload))[start : start + CHUNK])
    return [Row(asdict(queries.recent_of(row))) for row in rows], start + CHUNK if len(rows) == CHUNK else None


def asked_rates(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    system = str(parameters.get("system", "")).strip()
    said = {"system": system} if system else {}
    return Asked(payload=dict(said), words=f"system {system}" if system else "every system", query=urlencode(said))


def count_rates(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_rates(scope, payload)[:most])


def chunk_rates(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, the highest rate first."""
    return [Row(rate_record(one)) for one in _rates(scope, payload)], None


def rate_record(one: SystemRate) -> dict[str, Any]:
    """By the names of the source's query (seeds/000, Rollback Rate); per cent, with the 95 % band."""
    rate = one.rate
    return {
        "system": one.system,
        "version": one.version,
        "total_amendments": rate.total,
        "rollbacks": rate.rollbacks,
        "rollback_rate": None if rate.share is None else round(100 * rate.share, 2),
        "low": None if rate.low is None else round(100 * rate.low, 2),
        "high": None if rate.high is None else round(100 * rate.high, 2),
    }


def _rates(scope: Scope, payload: Mapping[str, Any]) -> list[SystemRate]:
    return list(queries.rollback_rates(scope, system=payload.get("system", "")).lines)


def _window(payload: Mapping[str, Any]) -> Window:
    return Window(first=date.fromisoformat(payload["first"]), system=payload["system"])


SOURCES: Final = (
    Source(
        kind="applied",
        title="Applied amendments",
        columns=tuple(map(Column, APPLIED_COLUMNS)),
        formats=("csv", "json"),
        asked=asked_applied,
        count=count_applied,
        chunk=chunk_applied,
    ),
    Source(
        kind="rollback-rates",
        title="Rollback rates",
        columns=tuple(map(Column, RATE_COLUMNS)),
        formats=("csv", "json"),
        asked=asked_rates,
        count=count_rates,
        chunk=chunk_rates,
    ),
)
