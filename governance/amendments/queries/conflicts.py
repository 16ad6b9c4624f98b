"""What else asks for the same places of a system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.comparison import overlapping
from governance.constitution.diff import Change, changes
from governance.scope import Scope

SHOWN = 20
"""Rivals listed one by one."""
ASKING = tuple(state.value for state in State if state.is_open and state is not State.DRAFT)
"""States in which a proposal competes with others; a draft asks for nothing yet."""
_MOST = 400


@dataclass(frozen=True, slots=True)
class Rival:
    """Another open proposal that asks for some of the same places."""

    number: int
    label: str
    sentence: str
    state: str
    pointers: tuple[str, ...]


def rivals(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, found: Sequence[Change]
) -> tuple[Rival, ...]:
    """Other open proposals of the same system that touch the same pointers. Reads the stored diffs, no documents."""
    rows = ProposalRevision.objects.filter(
        tenant_id=scope.tenant_id,
        proposal__system_id=proposal.system_id,
        proposal__state__in=ASKING,
        number=F("proposal__revision"),
        diff__has_any_keys=sorted(revision.diff),
    ).exclude(proposal_id=proposal.id)
    mine = [change.pointer for change in found]
    met = [
        Rival(row.proposal.number, row.proposal.label, row.sentence, row.proposal.state, pointers)
        for row in rows.select_related("proposal").order_by("proposal__number")[:SHOWN]
        if (pointers := overlapping(mine, touched_by(row.diff)))
    ]
    return tuple(met)


def conflicts_among(*, scope: Scope, proposal_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """For each of these open proposals the labels of those that touch the same places; one query for a whole list.

    Diffs are read only of systems for which several proposals are open.
    """
    others = AmendmentProposal.objects.filter(
        tenant_id=scope.tenant_id, system_id=OuterRef("proposal__system_id"), state__in=ASKING
    ).exclude(id=OuterRef("proposal_id"))
    listed = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, id__in=proposal_ids, state__in=ASKING)
    rows = ProposalRevision.objects.filter(
        Exists(others),
        tenant_id=scope.tenant_id,
        proposal__system_id__in=listed.values("system_id"),
        proposal__state__in=ASKING,
        number=F("proposal__revision"),
    )
    systems: dict[UUID, list[tuple[UUID, int, tuple[str, ...]]]] = defaultdict(list)
    named = rows.order_by("-proposal__number").values_list(
        "proposal_id", "proposal__number", "proposal__system_id", "diff"
    )
    for proposal_id, number, system_id, diff in named[:_MOST]:
        systems[system_id].append((proposal_id, number, touched_by(diff)))
    return {
        one: labels
        for together in systems.values()
        for one, _, mine in together
        if one in proposal_ids
        and (
            labels := tuple(
                f"AMD-{number}" for other, number, theirs in together if other != one and overlapping(mine, theirs)
            )
        )
    }


def touched_by(diff: dict[str, Any]) -> tuple[str, ...]:
    """The pointers that a stored diff moves."""
    old, new = ({key: entry[side] for key, entry in diff.items()} for side in ("old", "new"))
    return tuple(change.pointer for change in changes(old, new))
