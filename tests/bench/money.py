"""Reserving money: bars 7, 8 and 9 of the performance notes, each against a baseline of the same run."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import Row, interleaved

RESERVES = 300
SECONDS = 2.0
ROUNDS = 3
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
END = AT + timedelta(hours=1)
Pair = tuple[UUID, UUID]
"""A tenant and a system of it."""


def bench_reserve(home: Home) -> list[Row]:
    """The verb against a bare transaction of the same tables: the tenant set, the budget updated, the hold inserted."""
    from billing.budgets.actions import reserve
    from governance.scope import tars_scope

    tenant_id, system_id = _tenant()
    scope = tars_scope(tenant_id)

    def verb() -> None:
        for _ in range(RESERVES):
            reserve(
                scope=scope,
                system_id=system_id,
                key=uuid4().hex,
                amounts={"usd_budget": Decimal("0.01")},
                expires_at=END,
                at=AT,
            )

    other, other_system = _tenant()
    connection = raw(home)

    def bare() -> None:
        for _ in range(RESERVES):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(other)])
                cursor.execute(
                    "UPDATE resources SET reserved = reserved + 0.01 WHERE tenant_id = %s AND resource_type = 'usd_budget' "
                    "AND window_start <= %s AND window_end > %s AND available >= 0.01 RETURNING id",
                    [other, AT, AT],
                )
                assert cursor.fetchone()
                cursor.execute(
                    "INSERT INTO reservations (id, tenant_id, key, request_digest, system_id, subject_kind, purpose, state, "
                    "amounts, overshoot, is_priced, held_by, held_at, expires_at, closed_by, closed_because) VALUES (%s, %s, %s, "
                    "'', %s, '', '', 'held', '{\"usd_budget\": \"0.01\"}', '{}', true, 'x', %s, %s, '', '')",
                    [uuid4(), other, uuid4().hex, other_system, AT, END],
                )

    verb()
    bare()
    mine, peer, ratio = interleaved(verb, bare)
    connection.close()
    detail = f"{RESERVES / mine:,.0f}/s against {RESERVES / peer:,.0f}/s"
    return [Row("reserve through the verb: rate against raw psycopg", 1 / ratio, "≥ 0.5", detail), *_concurrent()]


def _concurrent() -> list[Row]:
    one = [_tenant()]
    many = [_tenant() for _ in range(100)]
    hot = [(_rate(16, one), _rate(4, one)) for _ in range(ROUNDS)]
    wide = [(_rate(4, many), _rate(1, many)) for _ in range(ROUNDS)]
    return [
        _row("reserve on one budget: 16 clients against 4", hot, "≥ 0.6"),
        _row("reserve over 100 budgets: 4 clients against 1", wide, "≥ 2"),
    ]


def _row(name: str, pairs: list[tuple[float, float]], bar: str) -> Row:
    first, second = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    return Row(name, statistics.median(a / b for a, b in pairs), bar, f"{first:,.0f}/s against {second:,.0f}/s")


def _rate(clients: int, targets: list[Pair]) -> float:
    """Reserves a second of so many processes; an error in one of them ends the bench."""
    context = multiprocessing.get_context("fork")
    from django.db import connection

    connection.close()
    with context.Pool(clients) as pool:
        counts = pool.starmap(_reserve_for, [(targets, number) for number in range(clients)], chunksize=1)
    return sum(counts)


def _reserve_for(targets: list[Pair], number: int) -> float:
    from billing.budgets.actions import reserve
    from governance.scope import tars_scope

    done, start = 0, 0.0
    while True:
        tenant_id, system_id = targets[(number * 7 + done) % len(targets)]
        reserve(
            scope=tars_scope(tenant_id),
            system_id=system_id,
            key=uuid4().hex,
            amounts={"usd_budget": Decimal("0.01")},
            expires_at=END,
            at=AT,
        )
        done += 1
        if done == 10:  # connected and planned by now
            start = time.perf_counter()
        if start and time.perf_counter() - start >= SECONDS:
            return (done - 10) / (time.perf_counter() - start)


def _tenant() -> Pair:
    from billing.budgets.actions import grant_monthly, reserve
    from governance.registry.actions import register_system
    from governance.registry.models import SystemType
    from governance.scope import tars_scope
    from tests import factories as make

    tenant = make.tenant(name="Bench")
    scope = tars_scope(tenant.id)
    grant_monthly(scope=scope, total=tenant.max_monthly_budget, at=AT)
    system = register_system(
        scope=scope, name=f"agent-{uuid4().hex[:8]}", type=SystemType.AGENT, constitution=make.CLAY, at=AT
    )
    reserve(
        scope=scope, system_id=system.id, key="warm", amounts={"usd_budget": Decimal("0.01")}, expires_at=END, at=AT
    )
    return tenant.id, system.id
