"""A watch begins: what is watched for, and what it is compared with, is written before the first look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from dreams.guardrails import settings, triggers
from dreams.guardrails.judging import Baseline
from dreams.guardrails.models import State, Watch
from dreams.guardrails.reading import Watched, baseline
from governance.amendments.models import ConstitutionalAmendment
from governance.errors import NotAllowed
from governance.ids import first_id, new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.rulebook.law_document import SYSTEM_NAME
from governance.scope import Scope
from routing.router.nearest import router

VERB: Final = "guardrails.watch"
EVENT: Final = "guardrail"
_waits: dict[str, Callable[[Scope], bool]] = {}


def register_wait(is_waiting: Callable[[Scope], bool]) -> None:
    """Ask before a tenant's watches begin whether its past is whole; called from `AppConfig.ready`, again without harm."""
    _waits[is_waiting.__qualname__] = is_waiting


def is_waiting(*, scope: Scope) -> bool:
    """Whether what was before is still being written: a baseline read now would stay half. Outside any transaction."""
    return any(asks(scope) for asks in _waits.values())


def unwatched(*, scope: Scope, at: datetime) -> list[UUID]:
    """Amendments in force that nobody watches and whose time is not over, the oldest first. Two queries, in the caller's
    tenant transaction. An amendment of the law governs no work of its own. What was applied longer ago than a week was so before
    there were guardrails: a tenant that chooses to watch longer does not reach back to it."""
    first = at - timedelta(days=min(settings.chosen(scope=scope).days, triggers.DEFAULT_DAYS))
    lately = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id, approved_at__gt=first, approved_at__lte=at, rolled_back_at=None
    ).exclude(system_name=SYSTEM_NAME)
    known = Watch.objects.filter(tenant_id=scope.tenant_id, amendment_id=OuterRef("id"))
    return list(lately.exclude(Exists(known)).order_by("approved_at", "id").values_list("id", flat=True))


@governed(VERB, subject="amendment_id")
def begin(*, scope: Scope, amendment_id: UUID, at: datetime) -> Watch | None:
    """Watch an applied amendment by the tenant's rules of this moment; None where it is watched already.

    Raises `NotAllowed` for anybody but TARS.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("TARS begins to watch by itself, once an amendment is applied.")
    amendment = ConstitutionalAmendment.objects.get(tenant_id=scope.tenant_id, id=amendment_id)
    chosen = settings.chosen(scope=scope)
    watch = Watch(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        amendment=amendment,
        system_id=amendment.system_id,
        begins_at=amendment.approved_at,
        ends_at=amendment.approved_at + timedelta(days=chosen.days),
        rules=triggers.as_kept(chosen.rules),
        baseline=baseline(watched_by(scope=scope, system_id=amendment.system_id), at=amendment.approved_at).as_json(),
        seen_to=first_id(amendment.approved_at),
    )
    Watch.objects.bulk_create([watch], ignore_conflicts=True)
    if not Watch.objects.filter(tenant_id=scope.tenant_id, id=watch.id).exists():
        return None
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": VERB,
            "subject": amendment.label,
            "amendment_id": str(amendment.id),
            "watch_id": str(watch.id),
            "ends_at": watch.ends_at.isoformat(),
            "rules": watch.rules,
            "baseline": {name: str(value) for name, value in watch.baseline.items() if name != "violated"},
        },
        explanation=f"{amendment.label} on {amendment.system_name} is watched until {watch.ends_at:%d %B %Y, %H:%M} UTC.",
        rules_applied=["guardrails"],
    )
    return watch


def watched_of(watch: Watch, *, scope: Scope) -> Watched:
    """Whose work a watch judges: that of its baseline, whichever system is the router now. A watch of an older version does not
    know, and one query looks it up."""
    is_router = Baseline.of(watch.baseline).is_router
    if is_router is None:
        return watched_by(scope=scope, system_id=watch.system_id)
    return Watched(scope.tenant_id, watch.system_id, is_router=is_router)


def uncaught(scope: Scope, number: int, at: datetime) -> str:
    """Why TARS may not undo AMD-`number` by itself; "" where its open watch was crossed by what rolls back. Locks the watch."""
    rows = Watch.objects.select_for_update(of=("self",)).filter(tenant_id=scope.tenant_id, amendment__number=number)
    watch = rows.first()
    if watch is None:
        return f"AMD-{number} is not watched, so TARS may not undo it by itself."
    if watch.state != State.FIRED or watch.crossing is None:
        return f"No guardrail of AMD-{number} asks for a rollback now, so TARS may not undo it by itself."
    if at > watch.ends_at:
        return f"The watch of AMD-{number} is over, so TARS may not undo it by itself."
    return ""


def watched_by(*, scope: Scope, system_id: UUID) -> Watched:
    """Whose work a system's amendments govern now. One query."""
    found = router(scope=scope)
    return Watched(scope.tenant_id, system_id, is_router=found is not None and found.id == system_id)
