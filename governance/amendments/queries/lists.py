"""Lists of amendments: filtered, a page at a time, and as plain records for export and API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.conflicts import conflicts_among
from governance.amendments.queries.staleness import OPEN
from governance.approvals.models import ApprovalDecision, Verdict
from governance.registry.models import System
from governance.scope import Scope

_NUMBER = re.compile(r"(?:amd-)?(\d{1,18})", re.IGNORECASE)
GROUPS = {"open": OPEN, "closed": tuple(state.value for state in State if state.value not in OPEN)}
"""Words for several states at once."""


# A row reads a system's name and version; the rest of it is wide.
_UNREAD = [
    f"system__{field.name}"
    for field in System._meta.concrete_fields
    if field.name not in {"id", "tenant", "name", "constitution_version"}
]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; an empty text narrows nothing. `state` is a state or a word of `GROUPS`."""

    q: str = ""
    state: str = ""
    type: str = ""
    system: str = ""
    effect: str = ""
    mine: bool = False

    @property
    def is_narrow(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Row:
    """One amendment in a list."""

    number: int
    label: str
    sentence: str
    state: str
    effect: str
    type: str
    basis: str
    system: str
    proposed_by: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    effective_at: datetime | None
    base_version: int
    given: int
    needed: int
    is_stale: bool
    is_mine: bool
    conflicts: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def dots(self) -> tuple[bool, ...]:
        return tuple(index < self.given for index in range(self.needed))


def filtered(*, scope: Scope, filters: Filters, mine: str | None = None) -> QuerySet[AmendmentProposal]:
    """The tenant's proposals that fit, newest first, with all that `row_of` reads.

    `mine` is whose are "mine", where the reader is not the one who asked (a job).
    """
    rows = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id)
    if filters.state:
        rows = rows.filter(state__in=GROUPS.get(filters.state, (filters.state,)))
    if filters.type:
        rows = rows.filter(amendment_type=filters.type)
    if filters.effect:
        rows = rows.filter(effect=filters.effect)
    if filters.system:
        rows = rows.filter(system__name=filters.system)
    if filters.mine:
        rows = rows.filter(proposer_id=mine or scope.actor.user_id)
    if filters.q:
        rows = rows.filter(_text(filters.q))
    return rows.order_by("-number")


def with_facts(rows: QuerySet[AmendmentProposal]) -> QuerySet[AmendmentProposal]:
    """The same rows with system, question, base version and approvals given, in one query."""
    base = ProposalRevision.objects.filter(
        tenant_id=OuterRef("tenant_id"), proposal=OuterRef("pk"), number=OuterRef("revision")
    )
    yes = ApprovalDecision.objects.filter(
        tenant_id=OuterRef("tenant_id"), request=OuterRef("request_id"), verdict=Verdict.APPROVE
    ).order_by()
    count = yes.values("request").annotate(count=Count("id")).values("count")
    return (
        rows.select_related("system", "request")
        .defer(*_UNREAD)
        .annotate(
            base_version=Subquery(base.values("base_version")[:1]),
            given=Coalesce(Subquery(count, output_field=IntegerField()), 0),
        )
    )


def rows_of(*, scope: Scope, proposals: Iterable[AmendmentProposal]) -> Iterator[Row]:
    """Rows of proposals that `with_facts` loaded."""
    return (row_of(proposal, user_id=scope.actor.user_id) for proposal in proposals)


def with_conflicts(*, scope: Scope, rows: Sequence[Row], proposals: Sequence[AmendmentProposal]) -> list[Row]:
    """The same rows with the labels of those that ask for the same places; one query."""
    found = conflicts_among(scope=scope, proposal_ids=[proposal.id for proposal in proposals])
    return [replace(row, conflicts=found.get(proposal.id, ())) for row, proposal in zip(rows, proposals, strict=True)]


def row_of(proposal: Any, *, user_id: UUID | None) -> Row:
    request = proposal.request
    return Row(
        number=proposal.number,
        label=proposal.label,
        sentence=proposal.sentence,
        state=proposal.state,
        effect=proposal.effect,
        type=proposal.amendment_type,
        basis=proposal.basis,
        system=proposal.system.name,
        proposed_by=proposal.proposed_by,
        created_at=proposal.created_at,
        updated_at=proposal.updated_at,
        expires_at=proposal.expires_at,
        effective_at=proposal.effective_at,
        base_version=proposal.base_version,
        given=proposal.given,
        needed=sum(item["count"] for item in request.requirements) if request else 0,
        is_stale=proposal.state in OPEN and proposal.base_version != proposal.system.constitution_version,
        is_mine=user_id is not None and proposal.proposer_id == user_id,
    )


def record_of(row: Row) -> dict[str, Any]:
    """The row as plain values, for CSV, JSON and the API; times in UTC, RFC 3339."""
    return {
        "id": row.label,
        "state": row.state,
        "system": row.system,
        "amendment_type": row.type,
        "basis": row.basis,
        "effect": row.effect,
        "sentence": row.sentence,
        "proposed_by": row.proposed_by,
        "created_at": utc(row.created_at),
        "updated_at": utc(row.updated_at),
        "expires_at": utc(row.expires_at),
        "effective_at": utc(row.effective_at),
        "base_version": row.base_version,
        "approvals": row.given,
        "approvals_needed": row.needed,
        "is_stale": row.is_stale,
    }


def utc(value: datetime | None) -> str | None:
    """2026-11-20T09:00:00.000000Z."""
    return None if value is None else f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"


def system_names(*, scope: Scope) -> list[str]:
    """Every system's name, in order."""
    return list(System.objects.filter(tenant_id=scope.tenant_id).order_by("name").values_list("name", flat=True))


def _text(words: str) -> Q:
    wanted = Q(sentence__icontains=words) | Q(system__name__icontains=words) | Q(proposed_by__icontains=words)
    number = _NUMBER.fullmatch(words.strip())
    return wanted | Q(number=int(number[1])) if number else wanted
