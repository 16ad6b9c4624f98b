"""A night of ageing and the pages that show it, over many executions, against the same moves and counts in bare SQL.

`BENCH_EXECUTIONS` says how many one tenant has (200,000 unless it does): a tenth of them is loaded and measured first, so that
the growth is of ten times the rows. They come by COPY, with requests and anchored receipts, and were opened last at some time of
two years. The peer runs where no trigger and no row security looks, and is rolled back, so that both move the same rows.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import TOLD, Row, forget_peak, interleaved, resident, seconds

EXECUTIONS: Final = int(os.environ.get("BENCH_EXECUTIONS", "200000"))
BATCH: Final = min(5_000, EXECUTIONS // 200)
"""Rows of one bounded batch: a tenth of the executions must have some of them in each state."""
SYSTEMS, ROUNDS, COPIED, EMBEDDED = 20, 3, 5_000, 50
FILE: Final = min(500, BATCH)
MOST: Final = 40
"""Batches, and files, of the part of a night that is timed as a whole."""
AT: Final = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
DAYS: Final = 730
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


Pairs = dict[str, tuple[float, float]]
"""Seconds of ours and of the peer, by what was done."""


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
        desk = Desk(home, cast, _systems(home, cast.tenant.id), Path(folder), server)
        small = _measured(desk, 0, EXECUTIONS // 10)
        large = _measured(desk, EXECUTIONS // 10, EXECUTIONS)
        return [*_rows(small, large), *_night(desk)]


def _rows(small: Pairs, large: Pairs) -> list[Row]:
    rows = []
    for name, (mine, peer) in large.items():
        before = small[name][0]
        told = f"{mine * 1000:.1f} ms against {peer * 1000:.1f} ms at {EXECUTIONS:,}; {before * 1000:.1f} ms at a tenth"
        if name.startswith("query"):
            rows.append(
                Row(f"ageing, {name}: time against max(2x bare, 5 ms)", mine / max(2 * peer, 0.005), "<= 1.0", told)
            )
        else:
            rows.append(Row(f"ageing, {name}: time against bare SQL", mine / peer, TOLD, told))
        rows.append(Row(f"ageing, {name}: ten times the executions", mine / before, "<= 1.5", told))
    return rows


def _measured(desk: Desk, start: int, end: int) -> Pairs:
    from routing.executions import folding
    from routing.lifecycle import ageing, ages

    took = seconds(lambda: _load(desk, start, end))
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


def _batch(desk: Desk, of: str, to: str, before: datetime) -> tuple[float, float]:
    from routing.lifecycle import ageing

    values = {"tenant": desk.tenant, "before": before, "most": BATCH}

    def mine() -> None:
        assert ageing._moved(desk.cast.tars, of, to, before=before, most=1) == BATCH

    def peer() -> None:
        with _bare(desk) as server:
            assert server.execute(MOVED.format(of=of, to=to), values).rowcount == BATCH

    return interleaved(mine, peer, rounds=ROUNDS)[:2]


def _filed(desk: Desk) -> tuple[float, float]:
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

    return interleaved(mine, peer, rounds=ROUNDS)[:2]


def _restored(desk: Desk) -> tuple[float, float]:
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

    return interleaved(mine, peer, rounds=ROUNDS)[:2]


def _pages(desk: Desk) -> Pairs:
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
        found = {
            name: interleaved(ours, lambda name=name: bare.execute(SUMS[name], values).fetchall(), rounds=15)[:2]  # type: ignore[misc]
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


def _systems(home: Home, tenant: UUID) -> list[UUID]:
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        made = server.execute(
            "INSERT INTO systems (id, tenant_id, name, type, description, version, capabilities, constitution,"
            " constitution_version, depends_on, reverse_dependencies) SELECT gen_random_uuid(), %s, 'system-' || n, 'agent',"
            " '', '1.0.0', '{}', '{}', 1, '{}', '{}' FROM generate_series(1, %s) n RETURNING id",
            [tenant, SYSTEMS],
        )
        return [row[0] for row in made]


EXECUTION: Final = (
    "id, tenant_id, system_id, system_name, user_request, input_data, output_data, request_embedding, embedding_model,"
    " routing_path, routing_confidence, steps, governance_check, status, started_at, completed_at, last_accessed_at, cost_usd,"
    " action, requested_by, rated_by, disputed_by, dispute"
)
REQUEST: Final = (
    "id, tenant_id, key, body_digest, user_request, input_data, wanted_system, action, session, requested_by, depth, stage,"
    " system_id, attempt, tried, routing_path, governance_check, steps, embedding_model, approval_digest, progress,"
    " progress_note, is_cancel_wanted, has_parts, created_at, updated_at, finished_at"
)
RECEIPT: Final = "id, tenant_id, execution_id, at, statement, digest, signer, signature, sealed_in, leaf"
WORDS: Final = (
    "run",
    "payroll",
    "audit",
    "the",
    "invoices",
    "of",
    "may",
    "for",
    "everybody",
    "send",
    "letter",
    "to",
    "board",
)
VECTOR: Final = "[" + ",".join(f"{n / 997:.6f}" for n in range(384)) + "]"


def _load(desk: Desk, start: int, end: int) -> None:
    """As the superuser with triggers and references off. One in `EMBEDDED` has a vector, so that millions fit on a disk."""
    with raw(desk.home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        for table, columns, line in (
            ("executions", EXECUTION, _execution),
            ("execution_requests", REQUEST, _request),
            ("receipts", RECEIPT, _receipt),
        ):
            with server.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for first in range(start, end, COPIED):
                    copy.write("".join(line(desk, n) for n in range(first, min(first + COPIED, end))))
        server.commit()


def _at(n: int) -> datetime:
    """Over all days in their order, once in the first tenth and once in the rest."""
    tenth = EXECUTIONS // 10
    part = n / tenth if n < tenth else (n - tenth) / (EXECUTIONS - tenth)
    return AT - timedelta(days=DAYS) + timedelta(seconds=round(part * DAYS * 86_400))


def _said(n: int) -> tuple[str, str, str]:
    """The words, an input and an answer, others for each."""
    chance = random.Random(n)
    words = " ".join(chance.choices(WORDS, k=12))
    given = json.dumps({"month": n % 12, "of": chance.choices(WORDS, k=4)})
    return words, given, json.dumps({"paid": chance.randrange(10**6) / 100, "lines": chance.choices(WORDS, k=40)})


def _execution(desk: Desk, n: int) -> str:
    at, place = _at(n), n % SYSTEMS
    words, given, answer = _said(n)
    vector = VECTOR if n % EMBEDDED == 0 else "\\N"
    return (
        f"{UUID(int=n + 1)}\t{desk.tenant}\t{desk.systems[place]}\tsystem-{place + 1}\t{words}\t{given}\t{answer}\t{vector}\t\t"
        f"{{}}\t0.9\t[]\t{{}}\tsuccess\t{at.isoformat()}\t{(at + timedelta(seconds=1)).isoformat()}\t{at.isoformat()}\t0.01\t"
        "payroll\tsomebody\t\t\t\n"
    )


def _request(desk: Desk, n: int) -> str:
    at, id = _at(n).isoformat(), UUID(int=n + 1)
    words, given, _ = _said(n)
    return (
        f"{id}\t{desk.tenant}\t{id}\t\t{words}\t{given}\t\tpayroll\t\tsomebody\t0\tdone\t"
        f"{desk.systems[n % SYSTEMS]}\t1\t{{}}\t{{}}\t{{}}\t[]\t\t\t0\t\tf\tf\t{at}\t{at}\t{at}\n"
    )


def _receipt(desk: Desk, n: int) -> str:
    """Anchored a hundred at a time."""
    id = UUID(int=n + 1)
    return (
        f"{id}\t{desk.tenant}\t{id}\t{AT.isoformat()}\t\\\\x00\tsha256:{n}\tbench\t\\\\x00\t{n // 100 + 1}\t{n % 100}\n"
    )
