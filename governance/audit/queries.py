from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from governance.audit.entries import Explained, explained_entry
from governance.audit.filters import Filters
from governance.audit.records import Record
from governance.audit.report import Report
from governance.audit.source import snapshot, stream
from governance.audit.verify import verify
from governance.errors import NotFound
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.scope import Scope

PAGE = 50
SPAN = 200_000
"""Entries that one page of a search for words looks through."""
EVENT_LABELS = {
    "constitutional_decision": "Decision",
    "verdict": "Verdict of the rulebook",
    "constitutional_change": "Change of a constitution",
    "registration": "Registration",
    "access": "People and access",
    "program": "Programs",
    "session_rule": "Session rules",
    "authority": "Authority",
    "override": "Override or break-glass",
    "estop": "E-stop",
    "asset": "Shared assets",
    "money": "Money",
    "export": "Export",
    "data_fix": "Data fix",
    "refusal": "Refusal",
    "key": "Key",
    "drift_detection": "Drift",
    "guardrail": "Guardrails",
    "negotiation": "Negotiation",
    "recovery": "Recovery",
    "retention": "Ageing and retention",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search, newest first; `older` and `newer` are the sequences to continue from."""

    entries: tuple[Explained, ...]
    older: int | None
    newer: int | None
    looked_down_to: int | None = None
    """Set when a search for words has not looked further down than this."""

    @property
    def first(self) -> int:
        return self.entries[0].sequence

    @property
    def last(self) -> int:
        return self.entries[-1].sequence


def records(scope: Scope, *, packed_only: bool = False) -> Generator[Record, None, None]:
    """Every record of the scope's tenant, for `verify.verify`.

    Inside a transaction it reads there (and sees what others commit meanwhile); outside it opens a snapshot of its own.
    """
    if connection.in_atomic_block:
        yield from stream(scope.tenant_id, packed_only=packed_only)
    else:
        with snapshot(scope.tenant_id):
            yield from stream(scope.tenant_id, packed_only=packed_only)


def verified(scope: Scope, *, root: str | None = None) -> Report:
    """Verify the scope's tenant from its rows."""
    with closing(records(scope)) as rows:
        return verify(rows, root=root)


def head(scope: Scope) -> tuple[int, bytes]:
    """The number of entries and the last one's hash."""
    row = LedgerHead.objects.filter(tenant_id=scope.tenant_id).values_list("sequence", "entry_hash").first()
    return (row[0], bytes(row[1])) if row else (0, b"")


def search(
    *, scope: Scope, filters: Filters, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Found:
    """At most `limit` entries below `before` or above `after` (sequences), newest first.

    With a time in the filters "newest" is the time of the act, so that an index serves both; without, it is the place in the
    chain. Words have no index: they are looked for among `SPAN` entries, and `looked_down_to` says how far that was.
    """
    rows, key = matching(scope=scope, filters=filters), _order(filters)
    floor = None
    if filters.words and after is None:
        floor = max((before or head(scope)[0] + 1) - SPAN, 1)
        rows = rows.filter(sequence__gte=floor)
    if after is not None:
        page = list(_beyond(rows, scope, after, key, newer=True).order_by(*key)[: limit + 1])
        has_newer, has_older = len(page) > limit, True
        page = page[:limit][::-1]
    else:
        below = rows if before is None else _beyond(rows, scope, before, key, newer=False)
        page = list(below.order_by(*(f"-{name}" for name in key))[: limit + 1])
        has_newer, has_older = before is not None, len(page) > limit
        page = page[:limit]
    is_cut = not has_older and floor is not None and floor > 1
    return Found(
        entries=tuple(explained_entry(row) for row in page),
        older=floor if is_cut else page[-1].sequence if page and has_older else None,
        newer=page[0].sequence if page and has_newer else None,
        looked_down_to=floor if is_cut else None,
    )


def matching(*, scope: Scope, filters: Filters, up_to: int | None = None) -> QuerySet[LedgerEntry]:
    """Every entry that fits, in no order, for an export; `up_to` is the last sequence to look at."""
    rows = LedgerEntry.objects.filter(_where(scope, filters), tenant_id=scope.tenant_id)
    return rows if up_to is None else rows.filter(sequence__lte=up_to)


def related(*, scope: Scope, entry: Explained, limit: int = 8) -> list[Explained]:
    """The entries about the same thing that stand nearest before and after this one, newest first."""
    rows = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, subject=entry.subject)
    later = rows.filter(sequence__gt=entry.sequence).order_by("sequence")[: limit // 2]
    earlier = rows.filter(sequence__lt=entry.sequence).order_by("-sequence")[: limit // 2]
    return [explained_entry(row) for row in (*reversed(list(later)), *earlier)]


def is_subject(*, scope: Scope, text: str) -> bool:
    """Whether some entry is about exactly this."""
    return bool(text) and LedgerEntry.objects.filter(tenant_id=scope.tenant_id, subject=text).exists()


def explained(*, scope: Scope, sequence: int) -> Explained:
    """One entry as the format of seeds/002 5.1 tells it. Raises `NotFound`."""
    row = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, sequence=sequence).first()
    if row is None:
        raise NotFound(f"This tenant's ledger has no entry {sequence}.")
    return explained_entry(row)


def root(scope: Scope) -> str:
    """TARS's did:key in this tenant: who signed the first entry."""
    first = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, sequence=1).values_list("signer", flat=True).first()
    return first or ""


def actors(scope: Scope) -> list[str]:
    """Everybody who ever signed here, for a choice list: the names their keys were made under."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT name FROM actor_keys WHERE tenant_id = %s ORDER BY name", [scope.tenant_id])
        return [row[0] for row in cursor.fetchall()]


def tenant_name(tenant_id: UUID) -> str | None:
    """The active tenant's name, inside its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM tenants WHERE id = %s", [tenant_id])
        row: Any = cursor.fetchone()
    return None if row is None else str(row[0])


def _order(filters: Filters) -> tuple[str, ...]:
    return ("at", "sequence") if filters.has_time else ("sequence",)


def _beyond(
    rows: QuerySet[LedgerEntry], scope: Scope, sequence: int, key: tuple[str, ...], *, newer: bool
) -> QuerySet[LedgerEntry]:
    """The rows after or before an entry in the order of `key`."""
    word = "gt" if newer else "lt"
    if key == ("sequence",):
        return rows.filter(**{f"sequence__{word}": sequence})
    here = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, sequence=sequence).values_list("at", flat=True).first()
    if here is None:
        return rows.none()
    later = Q(**{f"at__{word}": here}) | Q(at=here, **{f"sequence__{word}": sequence})
    # the first condition is what an index can use
    return rows.filter(later, **{f"at__{word}e": here})


def _where(scope: Scope, filters: Filters) -> Q:
    where = Q()
    if filters.event_type:
        where &= Q(event_type=filters.event_type)
    if filters.outcome == "refused":
        where &= Q(event_type="refusal")
    elif filters.outcome == "done":
        where &= ~Q(event_type="refusal")
    if filters.actions:
        where &= Q(action_name__in=_named(scope, filters.actions))
    if filters.subject:
        where &= Q(subject=filters.subject)
    if filters.actor:
        where &= Q(actor_name=filters.actor)
    if filters.since:
        where &= Q(at__gte=filters.since)
    if filters.until:
        where &= Q(at__lt=filters.until)
    for word in filters.words:
        where &= Q(subject__icontains=word) | Q(action_name__icontains=word) | Q(actor_name__icontains=word)
    return where


def _named(scope: Scope, wanted: list[str]) -> list[str]:
    """The actions meant by names and, where there is no action of that name, by beginnings."""
    known = actions(scope)
    return [name for name in known if any(name == one or (one not in known and name.startswith(one)) for one in wanted)]


def actions(scope: Scope) -> list[str]:
    """Every action the ledger knows, by name: one step into the index for each, however long the chain is."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS, {"tenant": scope.tenant_id})
        return [row[0] for row in cursor.fetchall()]


_ACTIONS = """
WITH RECURSIVE found(name) AS (
  (SELECT action_name FROM ledger_entries WHERE tenant_id = %(tenant)s ORDER BY action_name LIMIT 1)
  UNION ALL
  SELECT (SELECT e.action_name FROM ledger_entries e WHERE e.tenant_id = %(tenant)s AND e.action_name > found.name
          ORDER BY e.action_name LIMIT 1)
  FROM found WHERE found.name IS NOT NULL)
SELECT name FROM found WHERE name IS NOT NULL
"""
