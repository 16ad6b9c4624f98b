"""A long chain is searched by its indexes, not from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from governance.audit import queries
from governance.audit.filters import Filters
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import connected, run

ROWS = 100_000


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[make.Cast]:
    with django_db_blocker.unblock():
        cast = make.cast()
        with in_tenant(cast.tenant.id):
            run(
                """
                INSERT INTO ledger_entries (id, tenant_id, sequence, event_type, action_name, subject, actor_name, at, header,
                  openings, previous_hash, entry_hash, signer, signature)
                SELECT uuidv7(), %s, 1000 + n, CASE WHEN n %% 997 = 0 THEN 'refusal' ELSE 'constitutional_change' END,
                  'amendments.' || (n %% 40), 'AMD-' || (n / 8), 'person' || (n %% 300),
                  %s::timestamptz + n * interval '1 second',
                  '', '', '', '', '', '' FROM generate_series(1, %s) AS n
                """,
                cast.tenant.id,
                make.AT,
                ROWS,
            )
        with connected("owner") as owner:
            owner.execute("ANALYZE ledger_entries")
        yield cast


def _read(cast: make.Cast, filters: Filters, *, before: int | None) -> int:
    """Rows that Postgres touched for one page."""
    with in_tenant(cast.tenant.id):
        rows = queries.matching(scope=cast.uma, filters=filters)
        key = queries._order(filters)
        if before is not None:
            rows = queries._beyond(rows, cast.uma, before, key, newer=False)
        sql, parameters = rows.order_by(*(f"-{name}" for name in key))[:51].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return max(_touched(node) for node in _nodes(plan))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _touched(node: dict[str, Any]) -> int:
    return int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


LATE = make.AT + timedelta(seconds=ROWS / 2)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(event_type="refusal"),
        Filters(outcome="refused"),
        Filters(outcome="done"),
        Filters(actor="person17"),
        Filters(action="amendments.7"),
        Filters(subject="AMD-9"),
        Filters(since=make.AT, until=make.AT + timedelta(seconds=500)),
        Filters(until=LATE),
        Filters(actor="person17", until=LATE),
        Filters(text="nobody knows this"),
    ],
    ids=lambda filters: json.dumps(filters.as_json())[:60],
)
@pytest.mark.parametrize("before", [None, 30_000])
def test_page__touches_little_of_a_long_chain(
    filters: Filters, before: int | None, cast: make.Cast, monkeypatch: Any
) -> None:
    if filters.words:
        monkeypatch.setattr(queries, "SPAN", 1_000)
        with in_tenant(cast.tenant.id):
            found = queries.search(scope=cast.uma, filters=filters, before=before or ROWS)
        assert (found.entries, found.looked_down_to, found.older) == (
            (),
            (before or ROWS) - 1_000,
            (before or ROWS) - 1_000,
        )
        return
    assert _read(cast, filters, before=before) <= 25_000


def test_actions__one_step_each(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        names = queries.actions(cast.uma)
    assert "amendments.39" in names and "registry.register_system" in names and names == sorted(names)
