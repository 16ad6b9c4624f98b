"""What TARS did under standing authorities, and what keeps it from using them now. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from governance.amendments.kinds import State
from governance.amendments.models import ConstitutionalAmendment, ProposalMove
from governance.amendments.suspensions import suspended
from governance.scope import TARS, Scope

SHOWN: Final = 100
"""Uses that are read, the newest first, whatever the number of authorities."""
MOST_SYSTEMS: Final = 20
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Use:
    """One promotion that TARS approved alone."""

    number: int
    sentence: str
    system: str
    at: datetime
    rolled_back_at: datetime | None


def uses(*, scope: Scope, ids: Iterable[str]) -> Mapping[str, tuple[Use, ...]]:
    """By authority, the newest first. Two queries."""
    rows = ProposalMove.objects.filter(
        tenant_id=scope.tenant_id, after=State.APPROVED.value, by=TARS.name, details__authority_id__in=list(ids)
    )
    moves = list(rows.select_related("proposal__system").order_by("-at", "-id")[:SHOWN])
    undone = dict(
        ConstitutionalAmendment.objects.filter(
            tenant_id=scope.tenant_id, proposal_id__in=[one.proposal_id for one in moves]
        ).values_list("proposal_id", "rolled_back_at")
    )
    found: dict[str, list[Use]] = defaultdict(list)
    for one in moves:
        use = Use(
            one.proposal.number, one.proposal.sentence, one.proposal.system.name, one.at, undone.get(one.proposal_id)
        )
        found[str(one.details["authority_id"])].append(use)
    return {id: tuple(each) for id, each in found.items()}


def pauses(*, scope: Scope, systems: Mapping[UUID, str]) -> tuple[tuple[str, str], ...]:
    """Systems that TARS may not change alone now, each with why: drift, a guardrail, and whatever else is registered."""
    asked = list(systems.items())[:MOST_SYSTEMS]
    found = ((name, suspended(scope=scope, system_id=id)) for id, name in asked)
    return tuple((name, why) for name, why in found if why)


def undone_lately(each: Iterable[Use], *, at: datetime) -> Use | None:
    """A use of the last seven days that was rolled back in them: until it is a week old TARS asks every time."""
    return next((one for one in each if one.rolled_back_at and one.rolled_back_at > at - _WEEK < one.at), None)
