"""The page as it was when somebody decided, read back from its snapshot alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance import canonical
from governance.amendments.models import AmendmentProposal, DecisionSnapshot, ProposalMove
from governance.errors import DomainError, NotFound
from governance.ledger.models import LedgerEntry
from governance.scope import Capability, Scope

_TIMES = frozenset({"at", "created_at", "expires_at", "effective_at"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot in a list."""

    decision_id: UUID
    actor: str
    said: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """A snapshot with its content (times as moments) and whether it is the one that the ledger names.

    `content` is None when the stored bytes cannot be read; `sequence` None when no entry names the page.
    """

    number: int
    label: str
    decision_id: UUID
    digest: str
    at: datetime
    content: dict[str, Any] | None
    raw: bytes
    sequence: int | None
    is_genuine: bool


def decision_page(*, scope: Scope, number: int, decision_id: UUID) -> DecisionPage:
    """The page of one decision. Raises `NotAllowed`, `NotFound`, also for a decision made before pages were kept."""
    scope.demand(Capability.READ_RECORD, to="see a decision")
    rows = DecisionSnapshot.objects.filter(
        tenant_id=scope.tenant_id, decision_id=decision_id, proposal__number=number
    ).select_related("proposal", "decision")
    row = rows.first()
    if row is None:
        raise NotFound(f"AMD-{number} has no such decision with its page kept.")
    raw = bytes(row.content)
    sequence, named = _named(scope=scope, proposal=row.proposal, decision_id=decision_id, at=row.decision.at)
    return DecisionPage(
        number=number,
        label=row.proposal.label,
        decision_id=decision_id,
        digest=row.digest,
        at=row.at,
        content=_content(raw),
        raw=raw,
        sequence=sequence,
        is_genuine=canonical.digest_bytes(raw) == row.digest == named,
    )


def kept_pages(*, scope: Scope, proposal: AmendmentProposal) -> Sequence[Kept]:
    """The snapshots of an amendment's decisions, in order; one query."""
    rows = DecisionSnapshot.objects.filter(tenant_id=scope.tenant_id, proposal=proposal).select_related("decision")
    return [
        Kept(row.decision_id, row.decision.actor_name, row.decision.verdict, row.decision.at, row.digest)
        for row in rows.defer("content").order_by("at", "id")
    ]


def _named(
    *, scope: Scope, proposal: AmendmentProposal, decision_id: UUID, at: datetime
) -> tuple[int | None, str | None]:
    """The entry that records the decision, and the digest of the page that it names."""
    sequences = ProposalMove.objects.filter(tenant_id=scope.tenant_id, proposal=proposal, at=at)
    entries = LedgerEntry.objects.filter(
        tenant_id=scope.tenant_id, sequence__in=sequences.values("ledger_sequence")
    ).order_by("sequence")
    for sequence, openings in entries.values_list("sequence", "openings"):
        values = json.loads(bytes(openings))
        if values.get("/action/decision_id", ["", None])[1] == str(decision_id):
            return sequence, values.get("/action/snapshot", ["", None])[1]
    return None, None


def _content(raw: bytes) -> dict[str, Any] | None:
    try:
        found = canonical.loads_canonical(raw)
    except DomainError:
        return None
    return _timed(found) if isinstance(found, dict) else None


def _timed(value: Any, name: str = "") -> Any:
    """The value with texts of times as moments, for the page."""
    if isinstance(value, dict):
        return {key: _timed(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_timed(item) for item in value]
    if name in _TIMES and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
