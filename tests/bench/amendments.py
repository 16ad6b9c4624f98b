"""Propose-approve-apply through the verbs against the very same writes replayed as raw SQL on a copy of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import TOLD, Row, seconds

CHANGES = 40
Write = tuple[str, Any]


def bench_propose_approve_apply(home: Home) -> list[Row]:
    """Each round: the verbs run and their writes are recorded, transaction by transaction; the copy of the database as it
    was before then gets exactly these writes from bare psycopg, in the same transactions."""
    from django.db import connection

    from tests import factories as make

    cast = make.cast()
    ratios, rates = [], []
    minute = 0
    for round_number in range(5):
        connection.close()
        copy = f"bench_{round_number}"
        with raw(home, role="super", database="postgres", autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{copy}" TEMPLATE tars OWNER tars_owner')
        transactions: list[list[Write]] = []
        connection.ensure_connection()
        with connection.execute_wrapper(_recorder(transactions)):
            taken = 0.0
            for _ in range(CHANGES):
                minute += 2
                taken += seconds(_one(make, cast, minute))
        replayed = _replay(home, copy, str(cast.tenant.id), transactions)
        ratios.append(taken / replayed)
        rates.append((CHANGES / taken, CHANGES / replayed))
    ratios.sort()
    ours, theirs = rates[len(rates) // 2]
    return [
        Row(
            "propose + approve + apply through the verbs: time against the same rows by raw SQL",
            ratios[len(ratios) // 2],
            TOLD,
            f"{ours:,.0f} changes/s against {theirs:,.0f}/s",
        )
    ]


def _one(make: Any, cast: Any, minute: int) -> Callable[[], None]:
    def change() -> None:
        at = make.AT + timedelta(minutes=minute)
        proposal = make.proposed(cast, at=at, fallback_delay_ms=100 + minute % 900)
        make.approve(cast.cy, proposal, at=at + timedelta(seconds=30))

    return change


def _recorder(transactions: list[list[Write]]) -> Callable[..., Any]:
    """Keep every write; a `set_config` of the tenant starts a transaction of its own."""

    def record(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if "set_config('app.tenant_id'" in statement or "set_config(%s" in statement:
            transactions.append([])
        elif statement.lstrip().startswith(("INSERT", "UPDATE", "WITH", "DELETE")):
            transactions[-1].append((statement, params))
        return execute(statement, params, many, context)

    return record


def _replay(home: Home, database: str, tenant: str, transactions: list[list[Write]]) -> float:
    with raw(home, database=database) as connection:

        def replay() -> None:
            for writes in transactions:
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [tenant])
                    for statement, params in writes:
                        cursor.execute(statement, params)

        return seconds(replay)
