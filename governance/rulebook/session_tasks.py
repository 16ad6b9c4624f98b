"""Every hour: record what expired unnoticed and drop what nobody needs any more. It only frees space: no answer depends on it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from governance.rulebook.models import RuleSession, SessionRule
from governance.rulebook.session_store import TOLD, TTL, expire, record_expiry
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)
KEPT = timedelta(days=1)
"""How long a page shows what ended."""
KEPT_UNTOLD = timedelta(days=7)
"""How long an end waits for a decision of its session to be told of it."""
AT_ONCE = 200


def clean(at_iso: str | None = None) -> dict[str, int]:
    """Record and drop in every active tenant; returns how many rules expired, rules and sessions went. Idempotent.

    `at_iso` replaces the clock. A tenant that fails is logged and does not stop the others.
    """
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    counts = {"expired": 0, "rules": 0, "sessions": 0}
    for tenant_id in active_tenant_ids():
        try:
            for name, number in clean_tenant(tenant_id=tenant_id, at=at).items():
                counts[name] += number
        except Exception:
            log.exception("tenant %s: its sessions could not be cleaned", tenant_id)
    return counts


def clean_tenant(*, tenant_id: UUID, at: datetime) -> dict[str, int]:
    """One tenant's; a session that is in use at this moment is left for the next hour."""
    counts = {"expired": 0, "rules": 0, "sessions": 0}
    with in_tenant(tenant_id):
        names = list(_stale(tenant_id, at=at).values_list("name", flat=True)[:AT_ONCE])
    for name in names:
        with in_tenant(tenant_id, durable=True):
            rows = RuleSession.objects.select_for_update(skip_locked=True)
            session = rows.filter(tenant_id=tenant_id, name=name).first()
            if session is not None:
                _clean(session, counts, at=at)
    return counts


def _stale(tenant_id: UUID, *, at: datetime) -> QuerySet[RuleSession]:
    """Sessions in which something is to be done: an expiry to record, rows to drop, or nothing left."""
    rules = SessionRule.objects.filter(tenant_id=tenant_id, session=OuterRef("pk"))
    over = Q(ended_at=None) & (Q(expires_at=None) | Q(expires_at__lte=at))
    expiring = Q(accessed_at__lte=at - TTL) & Exists(rules.filter(over))
    empty = Q(accessed_at__lte=at - TTL) & ~Exists(rules)
    rows = RuleSession.objects.filter(tenant_id=tenant_id)
    return rows.filter(expiring | empty | Exists(rules.filter(_droppable(at)))).order_by("accessed_at", "id")


def _droppable(at: datetime) -> Q:
    is_waiting = Q(told_at=None, ended_because__in=[because.value for because in TOLD])
    return (Q(ended_at__lte=at - KEPT) & ~is_waiting) | Q(ended_at__lte=at - KEPT_UNTOLD)


def _clean(session: RuleSession, counts: dict[str, int], *, at: datetime) -> None:
    gone = expire(tenant_id=session.tenant_id, session_id=session.id, at=at)
    rules = SessionRule.objects.filter(tenant_id=session.tenant_id, session=session)
    counts["expired"] += len(gone)
    counts["rules"] += rules.filter(_droppable(at)).delete()[0]
    if session.accessed_at <= at - TTL and not rules.exists():
        session.delete()
        counts["sessions"] += 1
    record_expiry(tenant_id=session.tenant_id, name=session.name, ends=gone, at=at)
