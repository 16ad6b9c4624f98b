"""People are told once per window and level: at the alert mark, when it will run out early, and when nothing is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from billing.budgets.amounts import about, said
from billing.budgets.models import AlertLevel, BudgetAlert, Resource, SystemShare, WindowType
from billing.budgets.pace import forecasts
from governance.errors import NotAllowed
from governance.identity.models import User
from governance.identity.queries import able, holders
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import News, tell_all
from governance.notices.queries import Filter, Line, after
from governance.scope import Capability, Role, Scope

KIND = "budget"
MOST_UNREAD = 20
LATE = timedelta(minutes=5)
"""A movement may commit this long after the moment it carries."""


@dataclass(frozen=True, slots=True)
class _Found:
    row: Resource
    level: AlertLevel
    committed: Decimal
    total: Decimal
    exhausted_at: datetime | None = None
    share: SystemShare | None = None


@governed("budgets.check_alerts")
def check_alerts(*, scope: Scope, at: datetime) -> int:
    """Look at the running budgets that moved since the last look and tell tenant admins and operators what is new.

    Returns how many alerts were new. Runs twice without harm.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    moved = Q(checked_at=None) | Q(updated_at__gte=F("checked_at") - LATE)
    # HAZARD: a budget that everybody takes from is always locked by somebody; skipped, it would never be told of.
    rows = list(
        Resource.objects.select_for_update(no_key=True)
        .filter(moved, tenant_id=scope.tenant_id, window_start__lte=at, window_end__gt=at)
        .order_by("id")
    )
    new = [found for found in _found(rows, tenant_id=scope.tenant_id, at=at) if _keep(found, at=at)]
    loud = {one.row.id for one in new if one.level == AlertLevel.THRESHOLD and one.share is None}
    for row in rows:
        row.checked_at, row.alert_sent = at, row.alert_sent or row.id in loud
    Resource.objects.bulk_update(rows, ["checked_at", "alert_sent"])
    if new:
        tell_all(scope=scope, news=list(_news(new, to=_audience(scope))), at=at)
    return len(new)


def unread(*, scope: Scope, at: datetime) -> tuple[Line, ...]:
    """What this person was told of budgets whose windows still run and has not looked at, newest first; three queries."""
    told = after(scope=scope, filter=Filter(is_unread=True, kind=KIND), last=None, limit=MOST_UNREAD)
    about = {line.id: UUID(line.key.split(":")[1]) for line in told}
    running = Q(window_start__lte=at, window_end__gt=at, tenant_id=scope.tenant_id)
    ids = set(Resource.objects.filter(running, id__in=about.values()).values_list("id", flat=True))
    shares = SystemShare.objects.filter(
        tenant_id=scope.tenant_id, id__in=about.values(), resource__window_start__lte=at, resource__window_end__gt=at
    )
    ids |= set(shares.values_list("id", flat=True)) if told else set()
    return tuple(line for line in told if about[line.id] in ids)


def register() -> None:
    """Name this news; called from `AppConfig.ready`."""
    kinds.register(KIND, "Budgets near their limit")


def _found(rows: Iterable[Resource], *, tenant_id: UUID, at: datetime) -> Iterator[_Found]:
    budgets = {row.id: row for row in rows}
    seen = forecasts(budgets.values(), tenant_id=tenant_id, at=at)
    for row in budgets.values():
        committed = row.used + row.reserved
        if not row.is_limit or row.total_budget == 0:
            continue
        if committed >= row.total_budget * row.alert_threshold:
            yield _Found(row, AlertLevel.THRESHOLD, committed, row.total_budget)
        if committed >= row.total_budget:
            yield _Found(row, AlertLevel.FULL, committed, row.total_budget)
        elif (told := seen.get(row.id)) and told.exhausted_at:
            yield _Found(row, AlertLevel.FORECAST, committed, row.total_budget, told.exhausted_at)
    shares = SystemShare.objects.filter(tenant_id=tenant_id, resource_id__in=list(budgets), quota__gt=0)
    for share in shares.select_related("system").only(
        "resource_id", "quota", "used", "reserved", "alert_threshold", "system__name"
    ):
        row, committed = budgets[share.resource_id], share.used + share.reserved
        assert share.quota is not None
        mark = row.alert_threshold if share.alert_threshold is None else share.alert_threshold
        if committed >= share.quota * mark:
            yield _Found(row, AlertLevel.THRESHOLD, committed, share.quota, share=share)
        if committed >= share.quota:
            yield _Found(row, AlertLevel.FULL, committed, share.quota, share=share)


def _keep(found: _Found, *, at: datetime) -> bool:
    """Whether this alert is new; it is kept then."""
    _, is_new = BudgetAlert.objects.get_or_create(
        tenant_id=found.row.tenant_id,
        resource_id=found.row.id,
        share_id=found.share.id if found.share else None,
        level=found.level,
        defaults={
            "id": new_id(at),
            "committed": found.committed,
            "exhausted_at": found.exhausted_at,
            "at": at,
        },
    )
    return is_new


def _news(new: Iterable[_Found], *, to: frozenset[UUID]) -> Iterator[News]:
    """One line per budget or share: the highest of its new levels."""
    highest: Mapping[tuple[UUID, UUID | None], _Found] = {
        (one.row.id, one.share.id if one.share else None): one for one in sorted(new, key=lambda one: _RANK[one.level])
    }
    for (row_id, share_id), one in highest.items():
        window = str(WindowType(one.row.window_type).label).lower()
        subject = (
            f"{window.capitalize()} quota of {one.share.system.name}" if one.share else f"{window.capitalize()} budget"
        )
        yield News(
            user_ids=to,
            kind=KIND,
            key=f"budget:{share_id or row_id}:{one.level}",
            subject=subject,
            sentence=f"{subject}: {_sentence(one)}",
            url=f"/budgets/systems/{one.share.system.name}/" if one.share else f"/budgets/{row_id}/",
            is_urgent=one.level == AlertLevel.FULL,
        )


_RANK = {AlertLevel.FORECAST: 0, AlertLevel.THRESHOLD: 1, AlertLevel.FULL: 2}


def _sentence(one: _Found) -> str:
    name, ends = one.row.resource_type, f"{one.row.window_end:%d %B at %H:%M} UTC"
    of = f"{about(name, one.committed)} of {said(name, one.total)} are spent or held"
    if one.level == AlertLevel.FULL:
        return f"{of}. Nothing more can start before {ends}, unless it is topped up."
    if one.exhausted_at is not None:
        return f"{of}. At this pace it is used up on {one.exhausted_at:%d %B at %H:%M} UTC, before its window ends ({ends})."
    return f"{of}. The window ends on {ends}."


def _audience(scope: Scope) -> frozenset[UUID]:
    operators: list[User] = holders(scope=scope, role=Role.OPERATOR)
    return frozenset([*able(scope=scope, to=Capability.MANAGE_BUDGETS), *(user.id for user in operators)])
