from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from governance.audit.entries import Explained, explained_entry
from governance.audit.records import Record
from governance.audit.report import Report
from governance.audit.source import snapshot, stream
from governance.audit.verify import verify
from governance.errors import NotFound
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.scope import Scope

PAGE = 50
EVENT_LABELS = {
    "constitutional_decision": "Decision",
    "constitutional_change": "Change of a constitution",
    "registration": "Registration",
    "access": "People and access",
    "program": "Programs",
    "authority": "Authority",
    "data_fix": "Data fix",
    "refusal": "Refusal",
    "key": "Key",
    "drift_detection": "Drift",
    "negotiation": "Negotiation",
    "recovery": "Recovery",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks for; empty means any. `text` looks in subject, action and actor; `until` is excluded."""

    event_type: str = ""
    action: str = ""
    subject: str = ""
    actor: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_any(self) -> bool:
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search, newest first; `older` and `newer` are the sequences to continue from."""

    entries: tuple[Explained, ...]
    older: int | None
    newer: int | None

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
    """At most `limit` entries below `before` or above `after` (sequences), newest first."""
    rows = LedgerEntry.objects.filter(_where(filters), tenant_id=scope.tenant_id)
    if after is not None:
        page = list(rows.filter(sequence__gt=after).order_by("sequence")[: limit + 1])
        has_newer, has_older = len(page) > limit, True
        page = page[:limit][::-1]
    else:
        below = rows if before is None else rows.filter(sequence__lt=before)
        page = list(below.order_by("-sequence")[: limit + 1])
        has_newer, has_older = before is not None, len(page) > limit
        page = page[:limit]
    return Found(
        entries=tuple(explained_entry(row) for row in page),
        older=page[-1].sequence if page and has_older else None,
        newer=page[0].sequence if page and has_newer else None,
    )


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


def _where(filters: Filters) -> Q:
    where = Q()
    if filters.event_type:
        where &= Q(event_type=filters.event_type)
    if filters.action:
        where &= Q(action_name__startswith=filters.action)
    if filters.subject:
        where &= Q(subject=filters.subject)
    if filters.actor:
        where &= Q(actor_name=filters.actor)
    if filters.since:
        where &= Q(at__gte=filters.since)
    if filters.until:
        where &= Q(at__lt=filters.until)
    for word in filters.text.split()[:5]:
        where &= Q(subject__icontains=word) | Q(action_name__icontains=word) | Q(actor_name__icontains=word)
    return where
