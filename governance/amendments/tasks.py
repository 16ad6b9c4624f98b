"""What happens by itself in the worker: scheduled amendments take effect, unanswered ones expire, and say so before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from governance.amendments import counting
from governance.amendments.actions import apply_due, expire_due
from governance.amendments.actions.expiring import warn_expiring
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.errors import DomainError
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant

log = logging.getLogger(__name__)
_EXPIRING = (State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED)
_waits: dict[str, Callable[[Scope], bool]] = {}


def register_wait(is_waiting: Callable[[Scope], bool]) -> None:
    """Ask before the clock looks at a tenant whether its past is being written at this moment: what was proposed then would be
    late before it can be answered. Called from `AppConfig.ready`, again without harm."""
    _waits[is_waiting.__qualname__] = is_waiting


def tick(at_iso: str | None = None) -> dict[str, int]:
    """Apply and expire what is due in every active tenant; returns how many proposals moved and how many failed.

    `at_iso` replaces the clock. What fails is logged and does not stop the others; the next minute tries it again.
    """
    at = datetime.fromisoformat(at_iso) if at_iso else timezone.now()
    counts = {"applied": 0, "expired": 0, "asked_again": 0, "failed": 0}
    for tenant_id in active_tenant_ids():
        scope = tars_scope(tenant_id)
        try:
            to_apply, to_expire = due(tenant_id=tenant_id, at=at)
            if (to_apply or to_expire) and any(asks(scope) for asks in _waits.values()):
                continue
        except Exception:
            log.exception("tenant %s: what is due could not be read", tenant_id)
            counts["failed"] += 1
            continue
        for number in to_apply:
            counts[_outcome(apply_due, scope=scope, number=number, at=at)] += 1
        for number in to_expire:
            counts[_outcome(expire_due, scope=scope, number=number, at=at)] += 1
    return counts


def count() -> int:
    """Once a minute: what was applied or rolled back is added up; returns how many systems moved."""
    moved = 0
    for tenant_id in active_tenant_ids():
        try:
            moved += counting.fold(scope=tars_scope(tenant_id))
        except Exception:
            log.exception("tenant %s: amendments could not be added up", tenant_id)
    return moved


def due(*, tenant_id: UUID, at: datetime) -> tuple[list[int], list[int]]:
    """The numbers of the tenant's proposals to apply and to expire at `at`, the longest waiting first."""
    with in_tenant(tenant_id):
        rows = AmendmentProposal.objects.filter(tenant_id=tenant_id)
        scheduled = rows.filter(state=State.SCHEDULED, effective_at__lte=at).order_by("effective_at", "number")
        late = rows.filter(state__in=_EXPIRING, expires_at__lte=at).order_by("expires_at", "number")
        return list(scheduled.values_list("number", flat=True)), list(late.values_list("number", flat=True))


def _outcome(verb: Callable[..., AmendmentProposal], *, scope: Scope, number: int, at: datetime) -> str:
    """Run one verb and say what came of it."""
    try:
        state = State(verb(scope=scope, number=number, at=at).state)
    except DomainError as refusal:
        log.warning("tenant %s: AMD-%s was refused: %s", scope.tenant_id, number, refusal.sentence)
        return "failed"
    except Exception:
        log.exception("tenant %s: AMD-%s failed", scope.tenant_id, number)
        return "failed"
    return {State.APPLIED: "applied", State.EXPIRED: "expired"}.get(state, "asked_again")


def warn(at_iso: str | None = None) -> int:
    """Tell in every active tenant what ends soon; returns how many ends are near. A tenant that fails stops no other."""
    at, near = datetime.fromisoformat(at_iso) if at_iso else timezone.now(), 0
    for tenant_id in active_tenant_ids():
        try:
            near += warn_expiring(scope=tars_scope(tenant_id), at=at)
        except Exception:
            log.exception("tenant %s: what ends soon could not be told", tenant_id)
    return near
