"""Where every system stands, as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from governance.drift.queries import lines
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.registry.records import utc
from governance.scope import Scope

COLUMNS: Final = ("system", "state", "since", "score", "metric", "changed_by", "reason")


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The page's filters: `state` and `q`."""
    said = {name: value for name in ("state", "q") if (value := str(parameters.get(name, "")).strip())}
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or "every system", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(lines(scope=scope, state=payload.get("state", ""), text=payload.get("q", ""), most=most))


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """By name."""
    known = {"state": payload.get("state", ""), "text": payload.get("q", "")}
    found = lines(scope=scope, after=cursor or "", most=CHUNK, **known)
    rows = [Row({**asdict(one), "since": utc(one.since)}) for one in found]
    return rows, found[-1].system if len(found) == CHUNK else None


SOURCE: Final = Source(
    kind="drift",
    title="Drift",
    columns=tuple(map(Column, COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
