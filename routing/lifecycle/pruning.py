"""Destroying what nobody has to keep any longer: counts first, a person who proves to be there, then tombstone and certificate.

The rows become tombstones and the certificate is appended in one transaction; the files are dropped once it has committed, and
a nightly sweep drops what a killed process or a store that failed left. A file of which a part stays (on hold, or kept longer) is
written anew without the rest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from governance.errors import NotAllowed
from governance.identity.confirm import Confirmation, demand_fresh
from governance.ledger import actions as ledger
from governance.ledger import merkle
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant
from routing.executions.models import Execution
from routing.lifecycle import forgetting, moving, pack, stores
from routing.lifecycle.errors import CountsMoved, NothingDue
from routing.lifecycle.models import Archive, ArchivedRow
from routing.lifecycle.sums import NOBODY, groups

MOST: Final = 5_000
"""Executions that one act destroys at most; the page then shows the rest."""

# `picked` are the oldest groups that have `most` free ones among them, so the rows that are read are few more.
_DUE: Final = f"""
WITH {groups()},
due AS MATERIALIZED (SELECT system_id, archived_at, away, held FROM groups WHERE was <= %(at)s),
totals AS (SELECT coalesce(sum(away - held), 0)::bigint AS free, coalesce(sum(held), 0)::bigint AS held FROM due),
picked AS MATERIALIZED (
  SELECT coalesce(system_id, {NOBODY}) AS system_id, archived_at FROM (
    SELECT *, sum(away - held) OVER (ORDER BY archived_at, system_id) - (away - held) AS before FROM due WHERE away > held) d
  WHERE before < %(most)s),
found AS (
  SELECT a.execution_id, a.digest, a.bytes, a.archived_at FROM archived_rows a
  JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = a.execution_id
  WHERE a.tenant_id = %(tenant)s AND a.restored_at IS NULL AND a.pruned_at IS NULL
    AND a.archived_at IN (SELECT archived_at FROM picked)
    AND (coalesce(e.system_id, {NOBODY}), a.archived_at) IN (SELECT system_id, archived_at FROM picked)
    AND NOT EXISTS (SELECT 1 FROM legal_holds h
      WHERE h.tenant_id = %(tenant)s AND h.released_at IS NULL AND h.execution_id = e.id)
  ORDER BY a.archived_at, a.execution_id LIMIT %(most)s)
SELECT t.free, t.held, f.execution_id, f.digest, f.bytes FROM totals t LEFT JOIN found f ON true
ORDER BY f.archived_at, f.execution_id
"""  # noqa: S608
_COUNTS: Final = f"""
WITH {groups()}
SELECT coalesce(sum(away - held), 0)::bigint, coalesce(sum(held), 0)::bigint FROM groups WHERE was <= %(at)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Counts:
    """What is due: what may be destroyed, and what a legal hold keeps."""

    rows: int
    held: int


@dataclass(frozen=True, slots=True)
class Due:
    """What a person is shown before anything is destroyed. `digest` names exactly the rows that `rows` counts."""

    rows: int
    bytes: int
    held: int
    more: int
    """Due as well, for the next act."""
    digest: str
    ids: tuple[UUID, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was destroyed. `sequence` is the ledger entry that is the certificate."""

    rows: int
    files: int
    held: int
    sequence: int


def counts(*, scope: Scope, at: datetime) -> Counts:
    """How many are due, and how many of them a legal hold keeps. One query over sums. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see what is due")
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"tenant": scope.tenant_id, "at": at})
        return Counts(*cursor.fetchone())


def due(*, scope: Scope, at: datetime) -> Due:
    """What may be destroyed now, and what of it a legal hold keeps. One query, `MOST` rows. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see what is due")
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"tenant": scope.tenant_id, "at": at, "most": MOST})
        rows = cursor.fetchall()
    free, held = rows[0][:2]
    found = [row[2:] for row in rows if row[2] is not None]
    lines = tuple(digest for _, digest, _ in found)
    return Due(
        rows=len(found),
        bytes=sum(bytes for _, _, bytes in found),
        held=held,
        more=free - len(found),
        digest=pack.digest_of("\n".join(lines)) if lines else "",
        ids=tuple(id for id, _, _ in found),
        lines=lines,
    )


@governed("lifecycle.prune")
def prune(*, scope: Scope, digest: str, reason: str, confirmation: Confirmation, at: datetime) -> Pruned:
    """Destroy what `due` showed under this digest.

    Raises `NotAllowed`, `NotConfirmed`, `ReasonMissing`, `NothingDue`, `CountsMoved` (it is not what was shown),
    `FileMissing`, `Damaged`.
    """
    scope.demand(Capability.RETAIN, to="destroy what is due")
    if scope.grants is not None:
        raise NotAllowed("A person destroys, signed in; a token does not.")
    demand_fresh(confirmation, user_id=scope.person_id, at=at)
    reason = demand_reason(reason, why="this is destroyed")
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    shown = due(scope=scope, at=at)
    if not shown.rows:
        kept = f" {shown.held:,} are due and on hold." if shown.held else ""
        raise NothingDue(f"Nothing is due to be destroyed.{kept}")
    if shown.digest == digest:
        shown = _locked(scope, shown, at=at)
    if shown.digest != digest:
        raise CountsMoved("What is due has changed since you looked. Look at the counts again, then decide.")
    gone = _files_with(scope, shown.ids)
    contents = {one.id: moving.content_of(one) for one in gone}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_prune(%s::uuid[], %s)", [list(shown.ids), at])
    copies = forgetting.forget(scope=scope, ids=shown.ids, lines=_lines(shown, contents.values()), at=at)
    kept_files = {one.name: new for one in gone if (new := _rewritten(scope, one, contents[one.id], at=at)) is not None}
    sequence = _certified(scope, shown, gone, kept_files, copies, reason, confirmation, at=at)
    for one in gone:
        one.destroyed_at, one.destroyed_in = at, sequence
        one.save(update_fields=["destroyed_at", "destroyed_in"])
    for new in kept_files.values():
        new.sequence = sequence
        new.save(update_fields=["sequence"])
    transaction.on_commit(partial(_drop, [one.name for one in gone]), robust=True)
    return Pruned(shown.rows, len(gone), shown.held, sequence)


def _locked(scope: Scope, shown: Due, *, at: datetime) -> Due:
    """What is due once nobody can bring any of it back any more: somebody may have, while this waited."""
    rows = Execution.objects.filter(tenant_id=scope.tenant_id, id__in=shown.ids).order_by("id")
    list(rows.select_for_update(of=("self",)).values_list("id", flat=True))
    return due(scope=scope, at=at)


def _files_with(scope: Scope, ids: Sequence[UUID]) -> list[Archive]:
    """Every file that holds a line of these, also a former one: what was brought back once and archived again has two. Locked,
    with their lines: what is kept of them is brought back before or after, not meanwhile."""
    rows = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, execution_id__in=ids)
    archives = Archive.objects.filter(tenant_id=scope.tenant_id, destroyed_at=None, id__in=rows.values("archive_id"))
    found = list(archives.order_by("id").select_for_update())
    lines = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, archive__in=found).order_by("id")
    list(lines.select_for_update().values_list("id", flat=True))
    return found


def _lines(shown: Due, contents: Iterable[pack.Content]) -> Iterator[str]:
    """The lines of what is destroyed, as far as the files are whole; what a former file holds of it as well."""
    wanted = set(shown.lines)
    return (line for one in contents for digest, line in one.lines.items() if digest in wanted)


def _rewritten(scope: Scope, one: Archive, content: pack.Content, *, at: datetime) -> Archive | None:
    """A file with what of this one is still away; None when nothing is."""
    rows = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, archive=one, restored_at=None, pruned_at=None)
    digests = sorted(rows.values_list("digest", flat=True))
    if not digests:
        return None
    if missing := [digest for digest in digests if digest not in content.lines]:
        raise pack.Damaged(
            f"{one.name} lacks {len(missing)} lines that must be kept. Nothing was destroyed; bring the file back first."
        )
    new = moving.written(scope=scope, lines=[content.lines[digest] for digest in digests], at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_rewrite(%s, %s)", [one.id, new.id])
    return new


def _certified(
    scope: Scope,
    shown: Due,
    gone: Sequence[Archive],
    kept: dict[str, Archive],
    copies: dict[str, int],
    reason: str,
    confirmation: Confirmation,
    *,
    at: datetime,
) -> int:
    """The destruction certificate. Whoever has an execution's digest can ask whether it is among those that `root` names."""
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type=moving.EVENT,
        action={
            "name": "lifecycle.prune",
            "subject": "archived executions",
            "rows": shown.rows,
            "root": merkle.root([line.encode() for line in shown.lines]).hex(),
            "files": {one.name: one.digest for one in gone},
            "kept": {new.name: new.digest for new in kept.values()},
            "held": shown.held,
            "copies": copies,
            "reason": reason,
            "confirmed_with": confirmation.method,
        },
        explanation=f"Destruction certificate: {scope.actor.name} destroyed {shown.rows:,} archived executions whose "
        f"retention was over: {reason} {shown.held:,} were on hold and stay.",
    )
    return entry.sequence


def _drop(names: Sequence[str]) -> None:
    store = stores.current()
    for name in names:
        store.drop(name)
