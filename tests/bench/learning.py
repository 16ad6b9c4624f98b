"""A night of learning over executions that were not looked at: time against reading the same vectors, multiplied in numpy; and
what ten times the executions take, for few kinds of request and for many.

Looking at executions grows with them. Judging does not: in a tenth, a thousand kinds are not often enough to be judged at all, so
there the whole night grows by a step. Executions and anchored receipts come by COPY. `BENCH_EXECUTIONS` says how many (100,000
unless it does). Memory is the most that this process took in the night above what it had when the night began.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import TOLD, Row, forget_peak, resident, seconds

EXECUTIONS: Final = int(os.environ.get("BENCH_EXECUTIONS", "100000"))
KINDS: Final = (50, 1_000)
VARIANTS, COPIED, DIMENSIONS, ENOUGH = 16, 10_000, 384, 50


@dataclass(frozen=True, slots=True)
class Spent:
    """On a night: seconds, those of looking at executions, MB of memory, statements; and the seconds of reading plainly."""

    seconds: float
    looking: float
    memory: float
    statements: int
    plain: float
    said: str


def bench_learning(home: Home) -> list[Row]:
    """For each number of kinds a night over a tenth, one over a third and one over all, each in a tenant of its own."""
    rows = []
    for kinds in KINDS:
        small, third, large = (_night(home, size, kinds) for size in (EXECUTIONS // 10, EXECUTIONS // 3, EXECUTIONS))
        bar = "<= 12" if EXECUTIONS // 10 // kinds > 2 * ENOUGH else TOLD
        name = f"a night over {EXECUTIONS:,} executions of {kinds:,} kinds"
        told = f"a tenth: {small.said}; a third: {third.said}; all: {large.said}"
        rows += [
            Row(f"{name}: time over reading them plainly", large.seconds / large.plain, TOLD, large.said),
            Row(f"{name}: looking at ten times the executions", large.looking / small.looking, "<= 12", told),
            Row(f"{name}: looking at three times the executions", large.looking / third.looking, "<= 3.6", told),
            Row(f"{name}: ten times the executions, with judging", large.seconds / small.seconds, bar, told),
            Row(f"{name}: MB of memory", large.memory, "<= 150", told),
            Row(f"{name}: statements for an execution", large.statements / EXECUTIONS, "<= 0.2", told),
        ]
    return rows


def _night(home: Home, size: int, kinds: int) -> Spent:
    from routing.embeddings.choice import current
    from routing.learning import night
    from tests import factories as make
    from tests.db.routing.learning import desk

    cast, model = desk.cast(), current().model
    (id,) = desk.done(cast.tars, ["Request"], vectors=np.ones((1, DIMENSIONS), np.float32) / DIMENSIONS**0.5)
    took = seconds(lambda: _load(home, id, size, kinds))
    print(f"  {size:,} executions of {kinds:,} kinds by COPY: {took:.0f} s", file=sys.stderr, flush=True)
    peer = seconds(lambda: _plain(cast))
    told: list[Any] = []
    when = {"night": date(2026, 1, 1), "at": make.later(90)}
    with _counted() as statements, _timed(night, "consider") as looking:
        forget_peak()
        before = resident("VmRSS")
        mine = seconds(lambda: told.append(night.learn(scope=cast.tars, model=model, most=size + 1, **when)))
        memory = resident("VmHWM") - before
    found = told[0]
    said = (
        f"{mine:.1f} s ({sum(looking):.1f} s of it looking) for {found.considered.counted:,} ({mine / size * 1e3:.2f} ms each), "
        f"{memory:.0f} MB, "
        f"{len(statements):,} statements, {len(found.tally.proposed)} proposed, {found.tally.left} left; plain {peer:.1f} s"
    )
    print(f"  {said}", file=sys.stderr, flush=True)
    return Spent(mine, sum(looking), memory, len(statements), peer, said)


def _load(home: Home, id: UUID, size: int, kinds: int) -> None:
    """As the superuser with triggers and references off: so many times this execution and its receipt, each a moment later."""
    vectors = _vectors(kinds)
    chance = np.random.default_rng(5)
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        for table, key, changed in (("executions", "id", _execution), ("receipts", "execution_id", _receipt)):
            names, values = _like(server, table, key, id)
            with server.cursor() as cursor, cursor.copy(f"COPY {table} ({','.join(names)}) FROM STDIN") as copy:
                for start in range(0, size, COPIED):
                    picked = chance.integers(len(vectors), size=COPIED)
                    lines = (
                        values | changed(id, n, vectors[picked[n - start]])
                        for n in range(start, min(size, start + COPIED))
                    )
                    copy.write("".join("\t".join(line.values()) + "\n" for line in lines))
        server.commit()
    with raw(home, role="super", autocommit=True) as server:
        server.execute("VACUUM (ANALYZE) executions, receipts")


def _like(server: Any, table: str, key: str, id: UUID) -> tuple[list[str], dict[str, str]]:
    """The columns that can be written, and what a row has in them, as COPY writes it."""
    rows = server.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " AND identity_generation IS NULL AND table_schema = 'public' ORDER BY ordinal_position",
        [table],
    )
    names = [name for (name,) in rows]
    asked = f"COPY (SELECT {','.join(names)} FROM {table} WHERE {key} = '{id}') TO STDOUT"
    with server.cursor() as cursor, cursor.copy(asked) as copy:
        line = b"".join(bytes(part) for part in copy).decode()
    return names, dict(zip(names, line.rstrip("\n").split("\t"), strict=True))


def _nth(id: UUID, n: int) -> str:
    """Ids in the order of the executions, other ones for each tenant."""
    return str(UUID(int=(id.int >> 24 << 24) + n + 1))


def _execution(id: UUID, n: int, vector: str) -> dict[str, str]:
    return {"id": _nth(id, n), "user_request": f"Request {n}", "request_embedding": vector}


def _receipt(id: UUID, n: int, vector: str) -> dict[str, str]:
    batch, leaf = divmod(n, 100)
    return {"id": _nth(id, n), "execution_id": _nth(id, n), "sealed_in": str(batch + 2), "leaf": str(leaf)}


def _vectors(kinds: int) -> list[str]:
    chance = np.random.default_rng(3)
    centres = chance.standard_normal((kinds, DIMENSIONS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    rows = np.repeat(centres, VARIANTS, axis=0)
    rows += chance.standard_normal(rows.shape) * 0.02
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return ["[" + ",".join(f"{one:.5f}" for one in row) + "]" for row in rows.tolist()]


@contextmanager
def _counted() -> Iterator[list[None]]:
    from django.db import connection

    found: list[None] = []

    def count(execute: Callable[..., Any], *said: Any) -> Any:
        found.append(None)
        return execute(*said)

    with connection.execute_wrapper(count):
        yield found


@contextmanager
def _timed(module: Any, name: str) -> Iterator[list[float]]:
    """The seconds of each call of this function."""
    real, found = getattr(module, name), []

    def timed(**said: Any) -> Any:
        began = time.perf_counter()
        try:
            return real(**said)
        finally:
            found.append(time.perf_counter() - began)

    setattr(module, name, timed)
    try:
        yield found
    finally:
        setattr(module, name, real)


def _plain(cast: Any) -> None:
    """The vectors, some thousand at a time, multiplied with as many centres as a tenant may have."""
    from django.db import connection

    from governance.tenancy import in_tenant

    centres = np.ones((1_000, DIMENSIONS), np.float32)
    with in_tenant(cast.tenant.id), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT request_embedding::text FROM executions WHERE tenant_id = %s", [cast.tenant.id])
        while rows := cursor.fetchmany(1_000):
            np.array([np.array(row[0][1:-1].split(","), np.float32) for row in rows]) @ centres.T
