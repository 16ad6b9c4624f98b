"""How amendments and rollbacks show up among the questions of the inbox."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, OuterRef, Q, Subquery, TextField
from django.urls import reverse

from governance.amendments import authority
from governance.amendments.facts import tenant_quorums
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal, ProposalRevision, Rollback, RollbackState
from governance.amendments.queries.conflicts import conflicts_among
from governance.approvals import subjects
from governance.approvals.models import RequestState
from governance.approvals.subjects import Row
from governance.constitution.values import tokens_of
from governance.scope import Scope

ROLLBACK_TYPE = "rollback"
_ASKING = (State.PROPOSED, State.APPROVED, State.SCHEDULED)
_UNFINISHED = (State.DRAFT, State.CHANGES_REQUESTED, *_ASKING)


def register() -> None:
    """Tell the inbox how amendments and rollbacks look."""
    subjects.register("amendment", _Amendments())
    subjects.register("rollback", _Rollbacks())


class _Amendments:
    """Proposals: three queries, for the rows, for what conflicts with them, and for the rules they must still agree with."""

    def rows(self, *, scope: Scope, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Row]:
        return {row.subject_id: row for row in self._rows(scope, Q(id__in=ids), limit=len(ids))}

    def mine(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        if scope.actor.user_id is None:
            return ()
        return tuple(self._rows(scope, Q(proposer_id=scope.actor.user_id, state__in=_UNFINISHED), limit=limit))

    def adrift(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        nobody_asked = Q(state=State.CHANGES_REQUESTED) | Q(state__in=_ASKING, request__state=RequestState.VOID)
        return tuple(self._rows(scope, nobody_asked, limit=limit, with_conflicts=False))

    def _rows(self, scope: Scope, which: Q, *, limit: int, with_conflicts: bool = True) -> Iterator[Row]:
        policy = authority.policy_version(tenant_quorums(scope=scope))
        revision = ProposalRevision.objects.filter(proposal_id=OuterRef("id"), number=OuterRef("revision"))
        facts = AmendmentProposal.objects.filter(which, tenant_id=scope.tenant_id).annotate(
            base=Subquery(revision.values("base_version")),
            policy=Subquery(revision.values("policy_version")),
            fields=Subquery(revision.values(names=_FIELDS)),
        )
        # Columns by name: a system's and a revision's documents are large, and a list needs none of them.
        rows = list(facts.order_by("-number").values(*_COLUMNS, "base", "policy", "fields")[:limit])
        ids = [row["id"] for row in rows] if with_conflicts else []
        rivals = conflicts_among(scope=scope, proposal_ids=ids)
        for row in rows:
            yield _amendment(row, policy=policy, rivals=rivals.get(row["id"], ()))


class _Rollbacks:
    """Rollbacks that wait for a second person, or were decided: one query."""

    def rows(self, *, scope: Scope, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Row]:
        found = Rollback.objects.filter(tenant_id=scope.tenant_id, id__in=ids)
        return {row["id"]: _rollback(row) for row in found.values(*_ROLLBACK_COLUMNS)}

    def mine(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        own = Rollback.objects.filter(
            tenant_id=scope.tenant_id, state=RollbackState.WAITING, requested_by=scope.actor.name
        )
        return tuple(_rollback(row) for row in own.order_by("-id")[:limit].values(*_ROLLBACK_COLUMNS))

    def adrift(self, *, scope: Scope, at: datetime, limit: int) -> Sequence[Row]:
        moved = Rollback.objects.filter(
            tenant_id=scope.tenant_id, state=RollbackState.WAITING, request__state=RequestState.VOID
        )
        return tuple(_rollback(row) for row in moved.order_by("-id")[:limit].values(*_ROLLBACK_COLUMNS))


_COLUMNS = (
    "id",
    "number",
    "sentence",
    "effect",
    "amendment_type",
    "basis",
    "state",
    "revision",
    "proposed_by",
    "proposer_id",
    "created_at",
    "effective_at",
    "expires_at",
    "request__state",
    "request__due_at",
    "system__name",
    "system__constitution_version",
    "system__constitution__protected",
    "system__reverse_dependencies",
)
# The names of the fields a revision changes, and not what it changes: a list needs no documents.
_FIELDS = Func(
    F("diff"), template="ARRAY(SELECT jsonb_object_keys(%(expressions)s))", output_field=ArrayField(TextField())
)
_ROLLBACK_COLUMNS = (
    "id",
    "sentence",
    "effect",
    "state",
    "reason",
    "base_version",
    "requested_by",
    "requested_at",
    "request__due_at",
    "amendment__number",
    "system__name",
    "system__constitution_version",
)


def _amendment(row: Mapping[str, Any], *, policy: str, rivals: Sequence[str]) -> Row:
    moved = row["base"] != row["system__constitution_version"] or row["policy"] != policy
    return Row(
        subject_id=row["id"],
        label=f"AMD-{row['number']}",
        sentence=row["sentence"],
        url=reverse("amendments:detail", args=[row["number"]]),
        system=row["system__name"],
        type=row["amendment_type"],
        type_label=AmendmentType(row["amendment_type"]).label,
        effect=row["effect"],
        state=row["state"],
        proposed_by=row["proposed_by"],
        proposer_id=row["proposer_id"],
        proposed_at=row["created_at"],
        due_at=row["request__due_at"],
        expires_at=row["expires_at"],
        is_stale=row["state"] in _ASKING and (moved or row["request__state"] == RequestState.VOID),
        extra=tuple(_remarks(row, rivals)),
        basis=row["basis"],
        protected=_protected(row["fields"] or (), row["system__constitution__protected"]),
        changes=len(row["fields"] or ()),
        dependents=len(row["system__reverse_dependencies"]),
    )


def _protected(fields: Collection[str], pointers: object) -> tuple[str, ...]:
    """The protected pointers below a field that changes: rather one too many than one too few."""
    listed = pointers if isinstance(pointers, list) else ()
    return tuple(
        pointer
        for pointer in listed
        if isinstance(pointer, str) and (not pointer or (tokens_of(pointer) or ("",))[0] in fields)
    )


def _remarks(row: Mapping[str, Any], rivals: Sequence[str]) -> Iterator[str]:
    if rivals:
        yield f"Conflicts with {', '.join(rivals[:3])}{' and others' if len(rivals) > 3 else ''}"
    if row["basis"] != Basis.ORDINARY:
        yield f"{Basis(row['basis']).label} basis"
    if row["amendment_type"] == AmendmentType.DREAM_PROMOTION and row["state"] == State.PROPOSED:
        yield "Outside TARS’s standing authority"
    if row["revision"] > 1:
        yield f"Revision {row['revision']}"


def _rollback(row: Mapping[str, Any]) -> Row:
    label = f"AMD-{row['amendment__number']}"
    is_waiting = row["state"] == RollbackState.WAITING
    return Row(
        subject_id=row["id"],
        label=label,
        sentence=f"Roll back {label}: {row['sentence']}",
        url=reverse("amendments:detail", args=[row["amendment__number"]]),
        system=row["system__name"],
        type=ROLLBACK_TYPE,
        type_label="Rollback",
        effect=row["effect"],
        state=State.ROLLED_BACK.value if row["state"] == RollbackState.DONE else row["state"],
        proposed_by=row["requested_by"],
        proposer_id=None,
        proposed_at=row["requested_at"],
        due_at=row["request__due_at"],
        is_stale=is_waiting and row["base_version"] != row["system__constitution_version"],
        extra=(f"Because: {row['reason']}",),
    )
