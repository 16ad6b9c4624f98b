"""Executions of two years by COPY, for the bench of ageing: with requests and anchored receipts, in one tenant."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

from tarsweb.home import Home
from tests.bench.database import raw, unindexed

EXECUTIONS: Final = int(os.environ.get("BENCH_EXECUTIONS", "200000"))
BATCH: Final = min(5_000, EXECUTIONS // 200)
"""Rows of one bounded batch: a tenth of the executions must have some of them in each state."""
SYSTEMS, COPIED, EMBEDDED = 20, 5_000, 50
FILE: Final = min(500, BATCH)
AT: Final = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
DAYS: Final = 730
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


def load(home: Home, tenant: UUID, systems: list[UUID], start: int, end: int) -> None:
    """As the superuser with triggers and references off. One in `EMBEDDED` has a vector, so that millions fit on a disk."""
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        with unindexed(server, ("executions", "execution_requests", "receipts")):
            for table, columns, line in (
                ("executions", EXECUTION, _execution),
                ("execution_requests", REQUEST, _request),
                ("receipts", RECEIPT, _receipt),
            ):
                with server.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for first in range(start, end, COPIED):
                        copy.write(
                            "".join(
                                line(tenant, systems[n % SYSTEMS], n) for n in range(first, min(first + COPIED, end))
                            )
                        )


def _at(n: int) -> datetime:
    """Over all days in their order, once in the first tenth and once in the rest."""
    tenth = EXECUTIONS // 10
    part = n / tenth if n < tenth else (n - tenth) / (EXECUTIONS - tenth)
    return AT - timedelta(days=DAYS) + timedelta(seconds=round(part * DAYS * 86_400))


@cache
def _texts(n: int) -> tuple[str, str, str]:
    chance = random.Random(n)
    words = " ".join(chance.choices(WORDS, k=12))
    given = json.dumps({"month": n % 12, "of": chance.choices(WORDS, k=4)})
    return words, given, json.dumps({"paid": chance.randrange(10**6) / 100, "lines": chance.choices(WORDS, k=40)})


def _said(n: int) -> tuple[str, str, str]:
    """The words, an input and an answer; no file has the same twice."""
    return _texts(n % (10 * FILE))


def _execution(tenant: UUID, system: UUID, n: int) -> str:
    at, place = _at(n), n % SYSTEMS
    words, given, answer = _said(n)
    vector = VECTOR if n % EMBEDDED == 0 else "\\N"
    return (
        f"{UUID(int=n + 1)}\t{tenant}\t{system}\tsystem-{place + 1}\t{words}\t{given}\t{answer}\t{vector}\t\t"
        f"{{}}\t0.9\t[]\t{{}}\tsuccess\t{at.isoformat()}\t{(at + timedelta(seconds=1)).isoformat()}\t{at.isoformat()}\t0.01\t"
        "payroll\tsomebody\t\t\t\n"
    )


def _request(tenant: UUID, system: UUID, n: int) -> str:
    at, id = _at(n).isoformat(), UUID(int=n + 1)
    words, given, _ = _said(n)
    return (
        f"{id}\t{tenant}\t{id}\t\t{words}\t{given}\t\tpayroll\t\tsomebody\t0\tdone\t"
        f"{system}\t1\t{{}}\t{{}}\t{{}}\t[]\t\t\t0\t\tf\tf\t{at}\t{at}\t{at}\n"
    )


def _receipt(tenant: UUID, system: UUID, n: int) -> str:
    """Anchored a hundred at a time."""
    id = UUID(int=n + 1)
    return f"{id}\t{tenant}\t{id}\t{AT.isoformat()}\t\\\\x00\tsha256:{n}\tbench\t\\\\x00\t{n // 100 + 1}\t{n % 100}\n"


def systems(home: Home, tenant: UUID) -> list[UUID]:
    """Twenty agents."""
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        made = server.execute(
            "INSERT INTO systems (id, tenant_id, name, type, description, version, capabilities, constitution,"
            " constitution_version, depends_on, reverse_dependencies) SELECT gen_random_uuid(), %s, 'system-' || n, 'agent',"
            " '', '1.0.0', '{}', '{}', 1, '{}', '{}' FROM generate_series(1, %s) n RETURNING id",
            [tenant, SYSTEMS],
        )
        return [row[0] for row in made]
