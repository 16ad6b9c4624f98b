"""Executions that nobody opened for a year go into a file, and come back on a click.

One transaction: the rows are locked, the file is written, synced, read back and compared line by line, then the database
empties the rows (`tars_archive` computes every line anew). Whatever kills the process before the commit leaves every row as it
was and a file that nobody names, which `sweep` drops; after it, file, rows and ledger agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from billing.budgets import storage
from governance.errors import NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from routing.executions import kept
from routing.executions.models import Execution
from routing.executions.queries import demand_visible
from routing.lifecycle import ages, pack, stores
from routing.lifecycle.errors import FileMissing, NotArchived
from routing.lifecycle.models import Archive, ArchivedRow

EVENT: Final = "retention"
BATCH: Final = 500
"""Executions in one file at most."""
FULL: Final = 64 * 1024 * 1024
"""Bytes of lines from which on a file takes no other: an answer may be large, and a file is made and opened in memory."""
STRAY_FOR: Final = timedelta(days=1)
"""A file that nobody names is left alone for so long: the transaction that names it may be under way."""

# Only what its receipt anchors: the seal counts it, and counts what it reads.
_DUE: Final = """
SELECT e.id FROM executions e
WHERE e.tenant_id = %(tenant)s AND e.lifecycle_state = 'COLD' AND e.last_accessed_at <= %(before)s
  AND NOT EXISTS (SELECT 1 FROM receipts p WHERE p.tenant_id = %(tenant)s AND p.execution_id = e.id AND p.sealed_in IS NULL)
ORDER BY e.last_accessed_at, e.id LIMIT %(most)s FOR UPDATE OF e SKIP LOCKED
"""
_LINES: Final = """
SELECT id, line FROM (
  SELECT w.place, w.id, l.line, sum(octet_length(l.line)) OVER (ORDER BY w.place) - octet_length(l.line) AS before
  FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, place)
  CROSS JOIN LATERAL (SELECT tars_archive_line(%(tenant)s, w.id) AS line OFFSET 0) l) every
WHERE before < %(bytes)s ORDER BY place
"""


@governed("lifecycle.archive")
def archive(*, scope: Scope, at: datetime, most: int = BATCH) -> Archive | None:
    """Move one batch of what is due into a file; None when nothing is. Raises `StoreFailed`, `Damaged`."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock archives. What nobody opens for 365 days goes by itself.")
    values: dict[str, Any] = {"tenant": scope.tenant_id, "before": at - ages.ARCHIVED, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        ids = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(_LINES, {"tenant": scope.tenant_id, "ids": ids, "bytes": FULL})
        found = cursor.fetchall()
    ids, lines = [row[0] for row in found], [row[1] for row in found]
    if not ids:
        return None
    before = kept.told(tenant_id=scope.tenant_id, execution_ids=ids)
    made = written(scope=scope, lines=lines, at=at)
    with connection.cursor() as cursor:
        digests = [pack.digest_of(line) for line in lines]
        cursor.execute("SELECT tars_archive(%s, %s::uuid[], %s::text[], %s)", [made.id, ids, digests, at])
    after = kept.told(tenant_id=scope.tenant_id, execution_ids=ids)
    storage.change_within(tenant_id=scope.tenant_id, source=kept.SOURCE, bytes=after - before, at=at)
    _entered(scope, made, at=at)
    return made


def written(*, scope: Scope, lines: Sequence[str], at: datetime) -> Archive:
    """A file with these lines that was read back and found whole, and its row. Inside the caller's transaction."""
    id = new_id(at)
    data = pack.packed(tenant_id=str(scope.tenant_id), archive_id=str(id), at=at.isoformat(), lines=lines)
    name, digest, store = f"{scope.tenant_id}/{id}.jsonl.gz", pack.digest_of(data), stores.current()
    store.put(name, data)
    back = store.get(name)
    if back is None or sorted(pack.opened(back, digest=digest).lines.values()) != sorted(lines):
        raise pack.Damaged(
            "The archive file that was just written does not read back. Nothing was moved; look at the store."
        )
    return Archive.objects.create(
        id=id, tenant_id=scope.tenant_id, at=at, name=name, digest=digest, bytes=len(data), rows=len(lines)
    )


@governed("lifecycle.restore", subject="execution_id")
def restore(*, scope: Scope, execution_id: UUID, at: datetime) -> Execution:
    """Bring an archived execution back, byte for byte; it is HOT again. Its copy in the file stays until the file's time is over.

    Raises `NotAllowed`, `NotFound`, `NotArchived` (here already, or destroyed), `FileMissing`, `Damaged`.
    """
    scope.demand(Capability.RESTORE, to="bring back what was archived")
    demand_visible(scope=scope, id=execution_id)
    execution = (
        Execution.objects.select_for_update(of=("self",)).filter(tenant_id=scope.tenant_id, id=execution_id).first()
    )
    if execution is None:
        raise NotFound("There is no such execution, or it is not done yet.")
    if execution.lifecycle_state == "PRUNED":
        raise NotArchived("Its contents were destroyed when its retention was over. The ledger holds the certificate.")
    # HAZARD: locked before its file is looked up: who destroys others of that file moves this line to another one.
    away = (
        ArchivedRow.objects.select_for_update()
        .filter(tenant_id=scope.tenant_id, execution_id=execution_id, restored_at=None, pruned_at=None)
        .first()
    )
    if away is None:
        raise NotArchived("It is not archived: everything of it is here.")
    line = _line(away)
    before = kept.told(tenant_id=scope.tenant_id, execution_ids=[execution_id])
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_restore(%s, %s, %s)", [execution_id, line, at])
    after = kept.told(tenant_id=scope.tenant_id, execution_ids=[execution_id])
    storage.change_within(tenant_id=scope.tenant_id, source=kept.SOURCE, bytes=after - before, at=at)
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "lifecycle.restore",
            "subject": str(execution_id),
            "archive": away.archive.name,
            "digest": away.digest,
        },
        explanation=f"{scope.actor.name} brought back execution {execution_id}, archived {away.archived_at:%Y-%m-%d}.",
    )
    execution.refresh_from_db()
    return execution


def content_of(archive: Archive) -> pack.Content:
    """What a file holds, judged by its digest. Raises `FileMissing`, `Damaged`."""
    data = stores.current().get(archive.name)
    if data is None:
        raise FileMissing(
            f"The archive file {archive.name} is not in the store. Bring it back from a backup, then try again."
        )
    return pack.opened(data, digest=archive.digest)


def sweep(*, scope: Scope, at: datetime, named: frozenset[str]) -> int:
    """Drop files that no archive names (an archiving that was killed) or that should be destroyed; returns how many.

    A file's name begins with its time; one that is younger than a day is left, in case its transaction is under way.
    """
    store, dropped, youngest = stores.current(), 0, new_id(at - STRAY_FOR)
    for name in list(store.names(f"{scope.tenant_id}/")):
        stem = name.rpartition("/")[2].lstrip(".").partition(".")[0]
        if name not in named and stem < str(youngest):
            store.drop(name)
            dropped += 1
    return dropped


def _line(away: ArchivedRow) -> str:
    line = content_of(away.archive).lines.get(away.digest)
    if line is None:
        raise pack.Damaged(f"The archive file {away.archive.name} does not hold this execution's line.")
    return line


def _entered(scope: Scope, made: Archive, *, at: datetime) -> None:
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "lifecycle.archive",
            "subject": made.name,
            "rows": made.rows,
            "bytes": made.bytes,
            "digest": made.digest,
        },
        explanation=f"{made.rows:,} execution{'s' if made.rows > 1 else ''} that nobody opened for 365 days went into a file.",
    )
    made.sequence = entry.sequence
    made.save(update_fields=["sequence"])
