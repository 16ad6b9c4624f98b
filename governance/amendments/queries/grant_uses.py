"""What TARS did under standing authorities, and what keeps it from using them now. Only reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from governance.amendments.kinds import State
from governance.amendments.models import ConstitutionalAmendment, ProposalMove
from governance.amendments.suspensions import suspended
from governance.ledger.models import LedgerEntry
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


def uses(*, scope: Scope) -> Mapping[str, tuple[Use, ...]]:
    """By authority, the newest first. Three queries."""
    rows = ProposalMove.objects.filter(tenant_id=scope.tenant_id, after=State.APPROVED.value, by=TARS.name)
    moves = list(rows.select_related("proposal__system").order_by("-at", "-id")[:SHOWN])
    authorities = _authorities(scope, [one.ledger_sequence for one in moves])
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
        found[authorities.get(one.ledger_sequence, "")].append(use)
    return {id: tuple(each) for id, each in found.items() if id}


def _authorities(scope: Scope, sequences: Iterable[int]) -> Mapping[int, str]:
    """Which authority each move named, as its entry on the ledger has it."""
    rows = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, sequence__in=list(sequences))
    return {sequence: _authority(bytes(openings)) for sequence, openings in rows.values_list("sequence", "openings")}


def _authority(openings: bytes) -> str:
    found = json.loads(openings).get("/action/authority_id")
    return str(found[1]) if found else ""


def pauses(*, scope: Scope, systems: Mapping[UUID, str]) -> tuple[tuple[str, str], ...]:
    """Systems that TARS may not change alone now, each with why: drift, a guardrail, and whatever else is registered."""
    asked = list(systems.items())[:MOST_SYSTEMS]
    found = ((name, suspended(scope=scope, system_id=id)) for id, name in asked)
    return tuple((name, why) for name, why in found if why)


def undone_lately(each: Iterable[Use], *, at: datetime) -> Use | None:
    """A use of the last seven days that was rolled back in them: until it is a week old TARS asks every time."""
    return next((one for one in each if one.rolled_back_at and one.rolled_back_at > at - _WEEK < one.at), None)
