"""What one execution costs when ten thousand, and when ten million, lie behind it: from `handle` to the receipt, and the worker's
minute after it.

A few requests go their real road; the rows that one of them left, in every table, are then repeated in the server (ids in the
order of time, long texts shortened, no vectors) up to each size. `BENCH_EXECUTIONS` says how far (1,000,000 unless it does; about
2.5 GB for a million). Processor time is this process's and its backend's, the least of five rounds, as others on the machine only
add to it; pages are what Postgres touched for one execution.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psutil

from tarsweb.home import Home
from tests.bench.database import raw, touched, unindexed
from tests.bench.measure import Row, seconds
from tests.bench.work import Desk, made_desk

LARGEST: Final = int(os.environ.get("BENCH_EXECUTIONS", "1000000"))
SIZES: Final = (*(size for size in (10_000, 100_000, 1_000_000) if size < LARGEST), LARGEST)
TIMES, ROUNDS, STEP = 30, 5, 250_000
TABLES: Final = (
    "verdicts", "execution_requests", "executions", "receipts", "reservations", "reservation_lines", "budget_moves",
    "mcp_telemetry_log",
)  # fmt: skip
LONGEST: Final = 48
DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one execution: seconds by the clock and of the processor, pages, and the median seconds of each statement."""

    clock: float
    processor: float
    pages: float
    statements: dict[str, float]


def bench_growth(home: Home) -> list[Row]:
    """The costs at every size, and how they grew from the first to the last."""
    desk = made_desk()
    for _ in range(3):
        _whole(desk)
    samples = _samples(home, desk)
    found: dict[int, tuple[Cost, Cost]] = {}
    before = 0
    for size in SIZES:
        took = seconds(lambda before=before, size=size: _repeat(home, samples, before, size))  # type: ignore[misc]
        print(f"  {size:,} executions and what comes with them: {took:.0f} s", file=sys.stderr, flush=True)
        found[size], before = _measured(home, desk), size
        for cost in found[size]:
            print(f"    {_told(size, cost)}", file=sys.stderr, flush=True)
    return [
        row for place, name in enumerate(("an execution", "the worker's minute")) for row in _rows(name, place, found)
    ]


def _rows(name: str, place: int, found: dict[int, tuple[Cost, Cost]]) -> list[Row]:
    first, last = (found[size][place] for size in (SIZES[0], SIZES[-1]))
    told = "; ".join(_told(size, costs[place]) for size, costs in found.items())
    grew = sorted(
        (
            (last.statements[text] - seconds, text)
            for text, seconds in first.statements.items()
            if text in last.statements
        ),
        reverse=True,
    )
    most = f"+{grew[0][0] * 1000:.2f} ms {' '.join(grew[0][1].split())[:70]}" if grew else "none"
    span = f"{SIZES[0]:,} to {SIZES[-1]:,}"
    return [
        Row(f"growth of {name}, {span}: processor time", last.processor / first.processor, "<= 1.2", told),
        Row(
            f"growth of {name}, {span}: pages",
            last.pages / first.pages,
            "<= 1.2",
            f"the statement that grew most: {most}",
        ),
    ]


def _told(size: int, cost: Cost) -> str:
    return f"{size:,}: {cost.processor * 1000:.2f} ms of processor time, {cost.clock * 1000:.1f} ms, {cost.pages:.0f} pages"


def _whole(desk: Desk) -> None:
    from django.utils import timezone

    from routing.executions import work
    from routing.executions.actions import handle

    request = handle(scope=desk.cast.mel, text="Run payroll", at=timezone.now())
    work.advance(tenant_id=desk.cast.tenant.id, request_id=request.id)


def _minute(desk: Desk) -> None:
    """What the worker does each minute with what ended."""
    from django.utils import timezone

    from billing.budgets.actions import seal_due
    from routing.executions import folding
    from routing.executions.sealing import seal_receipts
    from routing.telemetry import folding as telemetry

    for verb in (seal_receipts, seal_due, folding.fold, telemetry.fold):
        verb(scope=desk.cast.tars, at=timezone.now())


def _measured(home: Home, desk: Desk) -> tuple[Cost, Cost]:
    for _ in range(5):
        _whole(desk)
    _minute(desk)
    whole = _cost(lambda: _whole(desk), TIMES)
    _minute(desk)
    return whole, _cost(lambda: _minute(desk), 30)


def _cost(work: Callable[[], None], times: int) -> Cost:
    from django.db import connection

    said: dict[str, list[float]] = {}

    def record(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        result = None

        def run() -> None:
            nonlocal result
            result = execute(statement, params, many, context)

        said.setdefault(statement, []).append(seconds(run))
        return result

    clock, processor, pages = [], [], []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    for _ in range(ROUNDS):
        began, read = _processor(backend), touched()
        clock += [seconds(work) for _ in range(times)]
        processor.append((_processor(backend) - began) / times)
        pages.append((touched() - read) / times)
    with connection.execute_wrapper(record):
        for _ in range(times):
            work()
    statements = {text: statistics.median(found) for text, found in said.items()}
    return Cost(statistics.median(clock), min(processor), statistics.median(pages), statements)


def _processor(backend: psutil.Process) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in (psutil.Process(), backend))


def _samples(home: Home, desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """For each row that the last request left: the statement that repeats it, and its values."""
    from routing.telemetry.actions import report
    from tests import factories as make

    report(scope=desk.cast.bo, calls=[{"server": desk.system, "tool": "payroll"}], at=make.later())
    rows = []
    with raw(home, role="super") as server:
        tenant = desk.cast.tenant.id
        (newest,) = server.execute(
            "SELECT max(id::text)::uuid FROM executions WHERE tenant_id = %s", [tenant]
        ).fetchone()  # type: ignore[misc]
        (hold, verdict) = server.execute(
            "SELECT hold_id, verdict_id FROM execution_requests WHERE id = %s", [newest]
        ).fetchone()  # type: ignore[misc]
        family = {newest, hold, verdict}
        for table in TABLES:
            types = dict(
                server.execute(
                    "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = %s"
                    " AND is_generated = 'NEVER' AND table_schema = 'public'",
                    [table],
                ).fetchall()
            )
            cursor = server.execute(f"SELECT {', '.join(types)} FROM {table} WHERE tenant_id = %s", [tenant])
            for values in cursor.fetchall():
                row = dict(zip(types, values, strict=True))
                if table == "mcp_telemetry_log" or family & {one for one in values if isinstance(one, UUID)}:
                    family.add(row["id"])
                    rows.append((table, types, row))
    places = {id: place for place, id in enumerate(sorted(family))}
    return [_repeating(table, types, row, places) for table, types, row in rows]


def _repeating(
    table: str, types: dict[str, str], row: dict[str, Any], family: dict[UUID, int]
) -> tuple[str, dict[str, Any]]:
    said = {name: _column(name, types[name], value, family) for name, value in row.items()}
    text = (
        f"INSERT INTO {table} ({', '.join(said)}) SELECT {', '.join(said.values())}"
        " FROM generate_series(%(start)s + 1, %(end)s) n"
    )
    return text, {name: value for name, value in row.items() if f"%({name})s" in text}


def _column(name: str, type: str, value: Any, family: dict[UUID, int]) -> str:
    """A repeated row's value, as SQL over `n`."""
    if isinstance(value, UUID) and value in family:
        # in the order of time, as real ids are; told apart by the last digits
        return f"(lpad(to_hex(1780000000000 + n), 12, '0') || '7000800000000000' || lpad('{family[value]:x}', 4, '0'))::uuid"
    if name in ("sealed_in", "leaf"):
        # before everything that is counted, so that they count as counted
        return "-(n / 100) - 1" if name == "sealed_in" else "n %% 100"
    if name == "key" or name.endswith("digest"):
        return f"'{name}:' || n"
    if value is None or type == "vector":
        return f"NULL::{type}"
    if type == "timestamptz":
        return f"%({name})s - make_interval(secs => {DAYS} * 86400.0 * (%(largest)s + 1 - n) / %(largest)s)"
    if type == "bytea":
        return "'\\x7b7d'::bytea"
    if type == "jsonb":
        return "'[]'::jsonb" if isinstance(value, list) else "'{}'::jsonb"
    if name == "embedding_model":
        return "''"
    if type == "text":
        return f"left(%({name})s, {LONGEST})"
    return f"%({name})s::{type}"


def _repeat(home: Home, samples: list[tuple[str, dict[str, Any]]], start: int, end: int) -> None:
    """As the superuser with triggers and references off, then as autovacuum leaves it."""
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        with unindexed(server, TABLES):
            for first in range(start, end, STEP):
                for text, values in samples:
                    bounds = {"start": first, "end": min(first + STEP, end), "largest": LARGEST}
                    server.execute(
                        text, {**values, **{name: bound for name, bound in bounds.items() if f"%({name})s" in text}}
                    )
                server.commit()
        server.autocommit = True
        server.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
