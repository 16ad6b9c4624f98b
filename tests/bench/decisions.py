"""Decisions that are kept: gathered, decided, signed, stored, denials on the ledger; against a second and against bare SQL.

The floor of a single decision is the very statements of its transaction, reads and writes, sent again by bare psycopg to a copy
of the database: no engine, no canonical bytes, no signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import Row, seconds

SINGLES = 60
BATCH = 500
ROUNDS = 5

_TENANT = "SELECT set_config('app.tenant_id', %s, true)"
Statement = tuple[str, Any]
Work = Callable[[int], None]


def bench_decisions(home: Home) -> list[Row]:
    """Batches against 1,000 a second; a permit, a denial and a permit with its money against their statements as bare SQL."""
    from tests import factories as make

    cast = make.cast()
    _money(cast)
    works = {
        "permit": _asked(cast, "payroll"),
        "denial": _asked(cast, "launch_rocket"),
        "permit with its reservation": _reserved(cast),
    }
    single = [row for name, work in works.items() for row in _single(home, name, work, tenant_id=cast.tenant.id)]
    return [_batches(cast), *single]


def _money(cast: Any) -> None:
    from billing.budgets.actions import set_plan
    from tests import factories as make

    set_plan(scope=cast.tess, resource_type="usd_budget", window_type="monthly", total=Decimal(2500), at=make.AT)


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


def _single(home: Home, name: str, work: Work, *, tenant_id: UUID) -> list[Row]:
    from django.db import connection

    transactions: list[list[Statement]]
    ratios, rates, times = [], [], []
    for round_number in range(ROUNDS):
        connection.close()
        copy = f"decide_{name.replace(' ', '_')}_{round_number}"
        with raw(home, role="super", database="postgres", autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{copy}" TEMPLATE tars OWNER tars_owner')
        first, transactions = 2 * round_number * SINGLES, []
        connection.ensure_connection()
        # Recorded first and timed then: whoever is watched sends every statement by itself.
        for number in range(first, first + SINGLES):
            transactions.append([(_TENANT, [str(tenant_id)])])
            with connection.execute_wrapper(_recorder(transactions[-1])):
                work(number)
        own = [seconds(partial(work, number)) for number in range(first + SINGLES, first + 2 * SINGLES)]
        replayed = _replay(home, copy, transactions)
        times += own
        ratios.append(sum(own) / replayed)
        rates.append((SINGLES / sum(own), SINGLES / replayed))
    ours, floor = sorted(rates)[ROUNDS // 2]
    p95 = sorted(times)[int(len(times) * 0.95)] * 1000
    detail = f"{ours:,.0f} a second against {floor:,.0f}; {len(transactions[-1])} statements each"
    return [
        Row(
            f"one durable {name}: rate against its statements as bare SQL",
            1 / sorted(ratios)[ROUNDS // 2],
            "≥ 0.35",
            detail,
        ),
        Row(
            f"one durable {name}: p95 against 10 ms",
            p95 / 10,
            "≤ 1",
            f"p95 {p95:.1f} ms, median {median(times) * 1000:.1f} ms",
        ),
    ]


def _asked(cast: Any, action: str) -> Work:
    from governance.rulebook.actions import decide
    from tests import factories as make

    def ask(number: int) -> None:
        at = make.AT + timedelta(seconds=number)
        decide(scope=cast.bo, system_name=cast.system.name, action=action, facts={"amount": number}, at=at)

    return ask


def _reserved(cast: Any) -> Work:
    """As a request's step does it: the verdict and the hold of its call in one transaction."""
    from billing.budgets.holds import reserve_within
    from governance.rulebook.actions import decide_here
    from governance.rulebook.question import Question
    from governance.tenancy import in_tenant
    from tests import factories as make

    def act(number: int) -> None:
        at = make.AT + timedelta(seconds=number)
        question = Question(cast.system.name, "payroll", {"amount": number})
        with in_tenant(cast.tenant.id, durable=True):
            decided = decide_here(scope=cast.tars, asker=cast.bo.actor, question=question, verb="bench.decide", at=at)
            reserve_within(
                scope=cast.tars,
                system_id=cast.system.id,
                key=str(decided.id),
                amounts={"usd_budget": Decimal("0.01")},
                purpose="payroll",
                expires_at=at + timedelta(hours=1),
                at=at,
            )

    return act


def _recorder(transaction: list[Statement]) -> Callable[..., Any]:
    """Keep every statement. How the transaction begins goes past who watches."""

    def record(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            transaction.append((statement, params))
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
