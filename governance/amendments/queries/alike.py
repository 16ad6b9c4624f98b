"""What the batch lane compares: the exact steps of open proposals, and what keeps one from being decided with others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F

from governance import canonical
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.staleness import OPEN
from governance.constitution.diff import changes
from governance.discussion.models import Comment
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Alike:
    """One open proposal. `steps` says what it changes, whatever else its system's constitution holds."""

    number: int
    label: str
    digest: str
    steps: tuple[str, ...]
    comments: int
    rivals: tuple[str, ...]


def alike_facts(*, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Alike]:
    """The open proposals among `ids`, by id. Three queries."""
    rows = _revisions(scope).filter(proposal_id__in=ids).select_related("proposal")
    found = {row.proposal_id: row for row in rows.defer("new_constitution", "bound", "evidence", "sources")}
    comments = _comments(scope=scope, ids=found.keys())
    asked = _asked(scope=scope, revisions=found.values())
    return {
        key: Alike(
            number=row.proposal.number,
            label=row.proposal.label,
            digest=row.digest,
            steps=steps_of(row.diff),
            comments=comments.get(key, 0),
            rivals=_rivals(row.proposal, row.diff, asked),
        )
        for key, row in found.items()
    }


def steps_of(diff: Mapping[str, Any]) -> tuple[str, ...]:
    """One digest for each change of a stored diff: kind, place by name, old and new value. An absent value is no null."""
    old = {key: entry["old"] for key, entry in diff.items() if entry["change"] != "added"}
    new = {key: entry["new"] for key, entry in diff.items() if entry["change"] != "removed"}
    said = ((change, change.as_json()) for change in changes(old, new))
    return tuple(
        sorted(
            canonical.digest([change.kind, _place(change.names, change.path), one.get("old"), one.get("new")])
            for change, one in said
        )
    )


def _place(names: tuple[str, ...], path: tuple[str | int, ...]) -> list[str]:
    """The way to a change; a list item is known by its value, for its index differs from document to document."""
    return list(names[:-1] if path and isinstance(path[-1], int) else names)


def _revisions(scope: Scope) -> Any:
    return ProposalRevision.objects.filter(
        tenant_id=scope.tenant_id, proposal__state__in=OPEN, number=F("proposal__revision")
    )


def _comments(*, scope: Scope, ids: Collection[UUID]) -> dict[UUID, int]:
    open_ones = Comment.objects.filter(
        tenant_id=scope.tenant_id, subject_kind="amendment", subject_id__in=ids, thread=None, resolved_at=None
    )
    return dict(open_ones.values("subject_id").annotate(count=Count("id")).values_list("subject_id", "count"))


def _asked(*, scope: Scope, revisions: Collection[ProposalRevision]) -> list[tuple[UUID, int, frozenset[str]]]:
    """Every open proposal of these systems that touches one of these fields: its system, number and fields."""
    systems = {row.proposal.system_id for row in revisions}
    fields = sorted({key for row in revisions for key in row.diff})
    rows = _revisions(scope).filter(proposal__system_id__in=systems, diff__has_any_keys=fields)
    found = rows.order_by("proposal__number").values_list("proposal__system_id", "proposal__number", "diff")
    return [(system, number, frozenset(diff)) for system, number, diff in found]


def _rivals(
    proposal: AmendmentProposal, diff: Mapping[str, Any], asked: list[tuple[UUID, int, frozenset[str]]]
) -> tuple[str, ...]:
    return tuple(
        f"AMD-{number}"
        for system, number, fields in asked
        if system == proposal.system_id and number != proposal.number and fields & diff.keys()
    )
