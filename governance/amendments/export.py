"""The list of amendments as a file that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from governance.amendments.forms import FilterForm
from governance.amendments.queries import filtered, record_of, rows_of, system_names, with_facts
from governance.amendments.queries.lists import Filters
from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope

COLUMNS: Final = (
    Column("id", "Amendment", 8),
    Column("state", "State", 9),
    Column("system", "System", 14),
    Column("amendment_type", "Type", 12),
    Column("basis"),
    Column("effect", "Effect", 8),
    Column("sentence", "What it says", 38),
    Column("proposed_by", "Proposed by", 16),
    Column("created_at", "Proposed (UTC)", 14),
    Column("updated_at"),
    Column("expires_at"),
    Column("effective_at"),
    Column("base_version"),
    Column("approvals"),
    Column("approvals_needed"),
    Column("is_stale"),
)


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The filters of the list. Raises `Invalid` for one that is unreadable: a file must not hold more than was asked for."""
    form = FilterForm(parameters, systems=system_names(scope=scope))
    if not form.is_valid():
        problems = tuple((f"/{name}", " ".join(map(str, said))) for name, said in form.errors.items())
        raise Invalid(f"{problems[0][0][1:]}: {problems[0][1]}", problems=problems)
    said = {name: value for name, value in asdict(form.filters()).items() if value}
    words = ", ".join(
        "proposed by whoever asked" if name == "mine" else f"{name} {value}" for name, value in said.items()
    )
    payload = {**said, "user_id": str(scope.actor.user_id)} if "mine" in said else said
    return Asked(payload=payload, words=words or "every amendment", query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return filtered(scope=scope, filters=_filters(payload), mine=payload.get("user_id"))[:most].count()


def chunk(scope: Scope, payload: dict[str, Any], before: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    rows = filtered(scope=scope, filters=_filters(payload), mine=payload.get("user_id"))
    found = list(with_facts(rows.filter(number__lt=before) if before else rows)[:CHUNK])
    last = found[-1].number if len(found) == CHUNK else None
    return [Row(record_of(row)) for row in rows_of(scope=scope, proposals=found)], last


def _filters(payload: dict[str, Any]) -> Filters:
    return Filters(**{name: value for name, value in payload.items() if name not in ("up_to", "user_id")})


SOURCE = Source(
    kind="amendments",
    title="Amendments",
    columns=COLUMNS,
    formats=("csv", "json", "pdf"),
    asked=asked,
    count=count,
    chunk=chunk,
)
