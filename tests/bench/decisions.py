"""Decisions that are kept: gathered, decided, signed, stored, denials on the ledger; against a second and against bare SQL.

The floor of a single decision is the very statements of its transaction, reads and writes, sent again by bare psycopg to a copy
of the database: no engine, no canonical bytes, no signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import Row, seconds

SINGLES = 60
BATCH = 500
ROUNDS = 5

Statement = tuple[str, Any]


def bench_decisions(home: Home) -> list[Row]:
    """Batches against 1,000 a second; a single permit and a single denial against their statements as bare SQL."""
    from tests import factories as make

    cast = make.cast()
    return [_batches(cast), *(_single(home, cast, action) for action in ("payroll", "launch_rocket"))]


def _batches(cast: Any) -> Row:
    from governance.rulebook.actions import decide_many
    from governance.rulebook.question import Question
    from tests import factories as make

    questions = [
        Question(cast.system.name, "payroll" if number % 2 else "launch_rocket", {"amount": number})
        for number in range(BATCH)
    ]
    decide_many(scope=cast.bo, questions=questions, at=make.AT)
    spent = time.process_time()
    taken = sorted(seconds(lambda: decide_many(scope=cast.bo, questions=questions, at=make.AT)) for _ in range(ROUNDS))
    rate, own = BATCH / taken[ROUNDS // 2], BATCH * ROUNDS / (time.process_time() - spent)
    detail = f"{rate:,.0f} a second ({own:,.0f} per second of its own processor time), {BATCH} in one call, half denied"
    return Row("durable decisions in batches: rate against 1,000 a second", rate / 1000, "≥ 1", detail)


def _single(home: Home, cast: Any, action: str) -> Row:
    from django.db import connection

    ratios, rates = [], []
    for round_number in range(ROUNDS):
        connection.close()
        copy = f"decide_{action}_{round_number}"
        with raw(home, role="super", database="postgres", autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{copy}" TEMPLATE tars OWNER tars_owner')
        transactions: list[list[Statement]] = []
        connection.ensure_connection()
        with connection.execute_wrapper(_recorder(transactions)):
            taken = seconds(_asked(cast, action, round_number))
        replayed = _replay(home, copy, transactions)
        ratios.append(taken / replayed)
        rates.append((SINGLES / taken, SINGLES / replayed))
    ours, floor = sorted(rates)[ROUNDS // 2]
    detail = f"{ours:,.0f} a second against {floor:,.0f}; {len(transactions[-1])} statements each"
    said = "permit" if action == "payroll" else "denial"
    return Row(
        f"one durable {said}: time against its statements as bare SQL", sorted(ratios)[ROUNDS // 2], "≤ 3", detail
    )


def _asked(cast: Any, action: str, round_number: int) -> Callable[[], None]:
    from governance.rulebook.actions import decide
    from tests import factories as make

    def ask() -> None:
        for number in range(SINGLES):
            at = make.AT + timedelta(seconds=round_number * SINGLES + number)
            decide(scope=cast.bo, system_name=cast.system.name, action=action, facts={"amount": number}, at=at)

    return ask


def _recorder(transactions: list[list[Statement]]) -> Callable[..., Any]:
    """Keep every statement; the `set_config` of the tenant begins a transaction."""

    def record(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if "set_config(" in statement:
            transactions.append([])
        if transactions and not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            transactions[-1].append((statement, params))
        return execute(statement, params, many, context)

    return record


def _replay(home: Home, database: str, transactions: list[list[Statement]]) -> float:
    with raw(home, database=database) as connection:

        def replay() -> None:
            for statements in transactions:
                with connection.transaction(), connection.cursor() as cursor:
                    for statement, params in statements:
                        cursor.execute(statement, params)
                        if cursor.description is not None:
                            cursor.fetchall()

        return seconds(replay)
