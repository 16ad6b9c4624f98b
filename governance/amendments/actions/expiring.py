"""What ends soon is told while there is time: proposals that nobody decided, standing authorities."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, StandingAuthority
from governance.approvals.answerers import standings
from governance.errors import NotAllowed
from governance.ledger.verbs import governed
from governance.notices.actions import News, tell_all
from governance.scope import Scope

DAYS: Final = (1, 3)
_EXPIRING: Final = (State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED)


@governed("amendments.warn_expiring")
def warn_expiring(*, scope: Scope, at: datetime) -> int:
    """Tell three days and one day before a proposal or a standing authority ends; once each, however often this runs.

    Returns how many ends are near.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    news = [*_proposals(scope, at), *_authorities(scope, at)]
    tell_all(scope=scope, news=news, at=at)
    return len(news)


def _proposals(scope: Scope, at: datetime) -> Iterator[News]:
    near = AmendmentProposal.objects.filter(
        tenant_id=scope.tenant_id,
        state__in=_EXPIRING,
        expires_at__gt=at,
        expires_at__lte=at + timedelta(days=max(DAYS)),
    )
    columns = near.values_list("number", "system__name", "sentence", "state", "proposer_id", "expires_at", "request_id")
    rows = list(columns.order_by("number"))
    able = {one.question.id: one.user_ids for one in standings(scope=scope, at=at)} if rows else {}
    for number, system, said, state, proposer_id, ends, request_id in rows:
        waits = able.get(request_id, frozenset()) if state == State.PROPOSED and request_id else frozenset()
        told = waits | ({proposer_id} if proposer_id else set())
        what = f"AMD-{number} on {system} expires on {ends:%d %B %Y, %H:%M} UTC, undecided: {said}"
        url = reverse("amendments:detail", args=[number])
        yield News(told, "expiring", f"AMD-{number}:expiring:{_days(ends, at)}", f"AMD-{number}", what, url)


def _authorities(scope: Scope, at: datetime) -> Iterator[News]:
    near = StandingAuthority.objects.filter(
        tenant_id=scope.tenant_id, revoked_at=None, expires_at__gt=at, expires_at__lte=at + timedelta(days=max(DAYS))
    )
    for grant in near.order_by("id"):
        said = (
            f"The standing authority you granted on {grant.granted_at:%d %B %Y} ends on {grant.expires_at:%d %B %Y, %H:%M} UTC. "
            "After that, TARS asks before it promotes a dream."
        )
        key = f"{grant.id}:expiring:{_days(grant.expires_at, at)}"
        url = reverse("amendments:authority")
        yield News([grant.granted_by_id], "authority", key, "Standing authority", said, url)


def _days(ends: datetime, at: datetime) -> int:
    return min(days for days in DAYS if ends <= at + timedelta(days=days))
