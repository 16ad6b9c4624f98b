"""The runner's queue: who may take the next step of a request, and until when. Rows are ids; the state is the request's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from governance import sql
from governance.sql import Statement
from routing.executions.models import DueRequest

CHANNEL: Final = "tars_due"
LEASE: Final = timedelta(seconds=30)
"""How long a runner that says nothing keeps a request; it renews while an agent works."""
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)
MOST_CLAIMS: Final = 20
"""A request that was taken on so often and never came to an end has something that kills runners."""

_PUT: Final = """
INSERT INTO due_requests (tenant_id, id, due_at, leased_by, claims) VALUES (%s, %s, %s, '', 0)
ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, leased_until = NULL, leased_by = '', claims = 0
RETURNING pg_notify(%s, '')
"""
_TAKE: Final = """
UPDATE due_requests SET leased_until = %s, leased_by = %s
WHERE tenant_id = %s AND id = %s AND due_at <= %s AND (leased_until IS NULL OR leased_until <= %s OR leased_by = %s)
"""
_RENEW: Final = "UPDATE due_requests SET leased_until = %s WHERE tenant_id = %s AND id = %s AND leased_by = %s"


def put(*, tenant_id: UUID, request_id: UUID, at: datetime) -> None:
    """Make the request due, inside the caller's transaction; runners are woken when it commits."""
    sql.run(putting(tenant_id=tenant_id, request_id=request_id, at=at))


def putting(*, tenant_id: UUID, request_id: UUID, at: datetime) -> Statement:
    """What `put` does."""
    return Statement(_PUT, [tenant_id, request_id, at, CHANNEL])


def taking(*, tenant_id: UUID, request_id: UUID, runner: str, at: datetime) -> Statement:
    """Lease one request to `runner`; changes no row when it is not due or somebody has it."""
    return Statement(_TAKE, [at + LEASE, runner, tenant_id, request_id, at, at, runner])


def renewing(*, tenant_id: UUID, request_id: UUID, runner: str, at: datetime) -> Statement:
    """Keep a lease; changes no row when it is somebody else's by now."""
    return Statement(_RENEW, [at + LEASE, tenant_id, request_id, runner])


def postpone(*, tenant_id: UUID, request_id: UUID, until: datetime) -> None:
    """Give the lease back in order: the next step is due at `until`, and the claims so far count no more."""
    rows = DueRequest.objects.filter(tenant_id=tenant_id, id=request_id)
    rows.update(due_at=until, leased_until=None, leased_by="", claims=0)


def stumble(*, tenant_id: UUID, request_id: UUID, runner: str, at: datetime) -> None:
    """Give the lease back after something went wrong, also one that was taken in what went wrong; the more often, the longer the
    pause. The claims go on counting."""
    rows = DueRequest.objects.filter(tenant_id=tenant_id, id=request_id, leased_by__in=[runner, ""])
    claims = rows.values_list("claims", flat=True).first() or 0
    rows.update(due_at=at + min(FIRST_PAUSE * 2**claims, LONGEST_PAUSE), leased_until=None, leased_by="")


def drop(*, tenant_id: UUID, request_id: UUID) -> None:
    """The request waits for a person, or is done: no runner looks at it."""
    sql.run(dropping(tenant_id=tenant_id, request_id=request_id))


def dropping(*, tenant_id: UUID, request_id: UUID) -> Statement:
    """What `drop` does."""
    return Statement("DELETE FROM due_requests WHERE tenant_id = %s AND id = %s", [tenant_id, request_id])


def claim(*, runner: str, at: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Lease up to `most` due requests of any active tenant; (tenant, request) of each. Outside a tenant transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM tars_claim_due(%s, %s, make_interval(secs => %s), %s)",
            [runner, at, LEASE.total_seconds(), most],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]
