"""A night of ageing and the pages that show it, over many executions, against the same moves and counts in bare SQL.

`BENCH_EXECUTIONS` says how many one tenant has (200,000 unless it does): a tenth of them is loaded and measured first, so that
the growth is of ten times the rows. They come by COPY, with requests and anchored receipts, and were opened last at some time of
two years. The peer runs where no trigger and no row security looks, and is rolled back, so that both move the same rows.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from tarsweb.home import Home
from tests.bench import aged
from tests.bench.aged import AT, BATCH, EXECUTIONS, FILE
from tests.bench.database import raw, touched
from tests.bench.measure import TOLD, Row, forget_peak, resident, seconds

ROUNDS: Final = 3
MOST: Final = 40
"""Batches, and files, of the part of a night that is timed as a whole."""
MOVED: Final = """
UPDATE executions SET lifecycle_state = '{to}' WHERE tenant_id = %(tenant)s AND id IN (
  SELECT id FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = '{of}' AND last_accessed_at <= %(before)s
  ORDER BY last_accessed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""
READ: Final = """
SELECT to_jsonb(e)::text, to_jsonb(r)::text, to_jsonb(p)::text FROM (
  SELECT * FROM executions WHERE tenant_id = %(tenant)s AND lifecycle_state = 'COLD' AND last_accessed_at <= %(before)s
  ORDER BY last_accessed_at LIMIT %(most)s) e
JOIN execution_requests r ON r.id = e.id JOIN receipts p ON p.tenant_id = e.tenant_id AND p.execution_id = e.id
"""
EMPTIED: Final = """
UPDATE executions SET lifecycle_state = 'ARCHIVED', input_data = NULL, output_data = NULL, request_embedding = NULL
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)
"""
FILLED: Final = """
UPDATE executions e SET lifecycle_state = 'HOT', input_data = o.input_data, output_data = o.output_data
FROM jsonb_populate_record(NULL::executions, %(line)s::jsonb -> 'execution') o WHERE e.tenant_id = %(tenant)s AND e.id = o.id
"""
COUNTS: Final = "SELECT system_id, state, sum(total) FROM execution_ages WHERE tenant_id = %(tenant)s GROUP BY 1, 2"
SUMS: Final = {
    "query, the counts of the board": COUNTS,
    "page, the board": COUNTS,
    "page, a system's bar": "SELECT state, total FROM execution_ages WHERE tenant_id = %(tenant)s AND system_id = %(system)s",
    "query, what is due": "SELECT count(*), sum(away) FROM archived_sums WHERE tenant_id = %(tenant)s",
    "query, a retention's dry run": "SELECT count(*), sum(away) FROM archived_sums WHERE tenant_id = %(tenant)s",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """The tenant that is measured."""

    home: Home
    cast: Any
    systems: list[UUID]
    folder: Path
    server: psycopg.Connection
    """Where no trigger, reference or row security looks."""

    @property
    def tenant(self) -> UUID:
        id: UUID = self.cast.tenant.id
        return id


@dataclass(frozen=True, slots=True)
class Took:
    """Medians: seconds of ours and of the peer, pages of ours, and the least seconds of ours."""

    mine: float
    peer: float
    pages: float
    least: float

    @property
    def said(self) -> str:
        return f"{self.mine * 1000:.1f} ms (least {self.least * 1000:.1f}), bare {self.peer * 1000:.1f}, {self.pages:,.0f} pages"


Found = dict[str, Took]
"""By what was done."""


def bench_lifecycle(home: Home) -> list[Row]:
    """Everything at a tenth and at all of the executions, then a part of a night as it runs."""
    from django.conf import settings

    from routing.lifecycle import ageing
    from tests import factories as make

    ageing.BATCH = BATCH  # type: ignore[misc]
    with tempfile.TemporaryDirectory(prefix="tars-archives-") as folder, raw(home, role="super") as server:
        settings.ARCHIVES = folder
        server.execute("SET session_replication_role = replica")
        server.commit()
        cast = make.cast()
        desk = Desk(home, cast, aged.systems(home, cast.tenant.id), Path(folder), server)
        small = _measured(desk, 0, EXECUTIONS // 10)
        large = _measured(desk, EXECUTIONS // 10, EXECUTIONS)
        return [*_rows(small, large), *_night(desk)]


def _rows(small: Found, large: Found) -> list[Row]:
    rows = []
    for name, now in large.items():
        before = small[name]
        told = f"{EXECUTIONS:,}: {now.said}; a tenth: {before.said}"
        if name.startswith("query"):
            rows.append(
                Row(
                    f"ageing, {name}: time against max(2x bare, 5 ms)",
                    now.mine / max(2 * now.peer, 0.005),
                    "<= 1.0",
                    told,
                )
            )
        else:
            rows.append(Row(f"ageing, {name}: time against bare SQL", now.mine / now.peer, TOLD, told))
        rows.append(Row(f"ageing, {name}: ten times the executions, pages", now.pages / before.pages, "<= 1.5", told))
        grown = now.least / max(before.least, 0.005)
        rows.append(
            Row(f"ageing, {name}: ten times the executions, least time against max(it, 5 ms)", grown, "<= 1.5", told)
        )
    return rows


def _turns(ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int = ROUNDS) -> Took:
    """Both sides take turns; the pages are of ours."""
    mine, peer, pages = [], [], []
    for _ in range(rounds):
        began = touched()
        mine.append(seconds(ours))
        pages.append(touched() - began)
        peer.append(seconds(theirs))
    return Took(statistics.median(mine), statistics.median(peer), statistics.median(pages), min(mine))


def _measured(desk: Desk, start: int, end: int) -> Found:
    from routing.executions import folding
    from routing.lifecycle import ageing, ages

    took = seconds(lambda: aged.load(desk.home, desk.tenant, desk.systems, start, end))
    _say(f"{end - start:,} executions by COPY: {took:.0f} s")
    took = seconds(lambda: _all(lambda: folding.fold(scope=desk.cast.tars, at=AT)))
    _say(f"added up: {took:.0f} s, {(end - start) / took:,.0f} a second")
    _vacuum(desk.home)
    for of, to, before in (("HOT", "WARM", ages.WARM), ("HOT", "WARM", ages.WARM), ("WARM", "COLD", ages.COLD)):
        # what the peer of the next state still finds when ours has taken its last batch
        ageing._moved(desk.cast.tars, of, to, before=AT - before, most=1)
    found = {
        f"{BATCH:,} from HOT to WARM": _batch(desk, "HOT", "WARM", AT - ages.WARM),
        f"{BATCH:,} from WARM to COLD": _batch(desk, "WARM", "COLD", AT - ages.COLD),
        f"a file of {FILE}": _filed(desk),
        "restore of one": _restored(desk),
    }
    _vacuum(desk.home)
    return found | _pages(desk)


def _batch(desk: Desk, of: str, to: str, before: datetime) -> Took:
    from routing.lifecycle import ageing

    values = {"tenant": desk.tenant, "before": before, "most": BATCH}

    def mine() -> None:
        assert ageing._moved(desk.cast.tars, of, to, before=before, most=1) == BATCH

    def peer() -> None:
        with _bare(desk) as server:
            assert server.execute(MOVED.format(of=of, to=to), values).rowcount == BATCH

    return _turns(mine, peer)


def _filed(desk: Desk) -> Took:
    from routing.lifecycle import ages, moving

    def mine() -> None:
        made = moving.archive(scope=desk.cast.tars, at=AT, most=FILE)
        assert made is not None and made.rows == FILE

    def peer() -> None:
        with _bare(desk) as server:
            values = {"tenant": desk.tenant, "before": AT - ages.ARCHIVED, "most": FILE}
            rows = server.execute(READ, values).fetchall()
            with (desk.folder / "peer").open("wb") as file:
                file.write(gzip.compress("\n".join(part for row in rows for part in row).encode(), 6))
                os.fsync(file.fileno())
            server.execute(EMPTIED, {"tenant": desk.tenant, "ids": [json.loads(row[0])["id"] for row in rows]})

    return _turns(mine, peer)


def _restored(desk: Desk) -> Took:
    from governance.tenancy import in_tenant
    from routing.lifecycle import moving
    from routing.lifecycle.models import ArchivedRow

    with in_tenant(desk.tenant):
        away = ArchivedRow.objects.filter(tenant_id=desk.tenant, restored_at=None).select_related("archive")
        rows = list(away[: 2 * ROUNDS])
    ours, theirs = iter(rows[:ROUNDS]), iter(rows[ROUNDS:])

    def mine() -> None:
        moving.restore(scope=desk.cast.bo, execution_id=next(ours).execution_id, at=AT)

    def peer() -> None:
        one = next(theirs)
        text = gzip.decompress((desk.folder / one.archive.name).read_bytes()).decode()
        line = next(line for line in text.splitlines() if str(one.execution_id) in line)
        with _bare(desk) as server:
            assert server.execute(FILLED, {"tenant": desk.tenant, "line": line}).rowcount == 1

    return _turns(mine, peer)


def _pages(desk: Desk) -> Found:
    from governance.registry.models import System
    from governance.tenancy import in_tenant
    from routing.executions import ages
    from routing.lifecycle import pruning, queries, retention

    scope, values = desk.cast.uma, {"tenant": desk.tenant, "system": desk.systems[0]}
    bare = raw(desk.home)
    bare.execute("SELECT set_config('app.tenant_id', %s, false)", [str(desk.tenant)])
    with in_tenant(desk.tenant):
        system = System.objects.get(tenant_id=desk.tenant, id=desk.systems[0])
        assert ages.by_system(scope=scope) == ages.by_system(scope=scope, exact=True)
    cases: dict[str, Callable[[], object]] = {
        "query, the counts of the board": lambda: ages.by_system(scope=scope),
        "page, the board": lambda: queries.board(scope=scope, at=AT),
        "page, a system's bar": lambda: queries.bar_of(scope=scope, system=system),
        "query, what is due": lambda: pruning.counts(scope=scope, at=AT + timedelta(days=8 * 365)),
        "query, a retention's dry run": lambda: retention.preview(scope=scope, years=9, at=AT),
    }

    def opened(ours: Callable[[], object]) -> None:
        with in_tenant(desk.tenant):
            ours()

    found = {
        name: _turns(partial(opened, ours), lambda name=name: bare.execute(SUMS[name], values).fetchall(), rounds=15)  # type: ignore[misc]
        for name, ours in cases.items()
    }
    bare.close()
    return found


def _night(desk: Desk) -> list[Row]:
    """As many batches and files as a part of a night has: rates, compression, and the most memory that it takes."""
    from governance.tenancy import in_tenant
    from routing.lifecycle import ageing, moving
    from routing.lifecycle.models import Archive, ArchivedRow

    forget_peak()
    before = resident("VmRSS")
    told: list[ageing.Aged] = []
    took = seconds(lambda: told.append(ageing.age(scope=desk.cast.tars, at=AT, most=MOST)))
    moved = told[0].warm + told[0].cold
    made: list[Archive] = []
    filed = seconds(lambda: made.extend(_files(desk, moving.archive)))
    with in_tenant(desk.tenant):
        rows = ArchivedRow.objects.filter(tenant_id=desk.tenant, archive__in=made)
        lines = sum(rows.values_list("bytes", flat=True))
    files, count = sum(one.bytes for one in made), sum(one.rows for one in made)
    after = resident("VmHWM")
    said = f"{moved:,} rows made colder in {took:.1f} s; peak memory {before:.0f} → {after:.0f} MB"
    packed = f"{count:,} rows, {lines / 1e6:.1f} MB in {filed:.1f} s: {lines / 1e6 / filed:.1f} MB/s"
    packed += f"; {lines / files:.1f} times smaller"
    return [
        Row("ageing, a night: rows a second made colder", moved / took, TOLD, said),
        Row("ageing, a night: rows a second archived", count / filed, TOLD, packed),
        Row("ageing, a night: MB of memory taken", after - before, "<= 200", said),
    ]


def _files(desk: Desk, archive: Callable[..., Any]) -> Iterator[Any]:
    for _ in range(MOST):
        if (made := archive(scope=desk.cast.tars, at=AT)) is None:
            return
        yield made


@contextmanager
def _bare(desk: Desk) -> Iterator[psycopg.Connection]:
    """What is done here is undone."""
    yield desk.server
    desk.server.rollback()


def _all(fold: Callable[[], int]) -> None:
    while fold():
        pass


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _vacuum(home: Home) -> None:
    with raw(home, role="super", autocommit=True) as server:
        server.execute(
            "VACUUM (ANALYZE) executions, execution_requests, receipts, execution_ages, archived_rows, archived_sums"
        )
