"""Kinds of requests that are frequent enough become proposals, and those that wait follow; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.ids import new_id
from governance.scope import Scope
from routing.learning.clustering import Vectors
from routing.learning.covering import Law, alike, covering_rule
from routing.learning.deciding import accept_within, decide, record
from routing.learning.drafting import Draft, drafts_of
from routing.learning.models import RequestCluster, RuleProposal, State
from routing.learning.settings import Settings
from routing.router.actions import PatternTaken
from routing.router.models import RoutingRule
from routing.router.nearest import NearRule


@dataclass(slots=True)
class Tally:
    """What became of the kinds that a night looked at. `unsure`: their best system is below the router's threshold."""

    proposed: list[UUID] = field(default_factory=list)
    activated: int = 0
    updated: int = 0
    withdrawn: int = 0
    covered: int = 0
    unsure: int = 0
    decided: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """What judging a kind needs. `bar`: the cosine from which on two requests are alike; `most`: new proposals of a night."""

    scope: Scope
    law: Law
    settings: Settings
    bar: float
    most: int
    at: datetime


def judge(desk: Desk, cluster: RequestCluster, known: Sequence[tuple[UUID, Vectors]], tally: Tally) -> None:
    """One kind that has enough executions. `known` are the proposals there are, newest first."""
    (drafts,) = drafts_of(scope=desk.scope, clusters=[cluster], model=cluster.embedding_model, at=desk.at)
    tally.unsure += not drafts
    for draft in drafts:
        if draft.seen >= desk.settings.least_similar:
            _judge(desk, cluster, draft, known, tally)


def _judge(
    desk: Desk, cluster: RequestCluster, draft: Draft, known: Sequence[tuple[UUID, Vectors]], tally: Tally
) -> None:
    ids = alike(vector=draft.vector, near=known, bar=desk.bar)
    near = about(desk.scope, ids, draft.members).select_for_update(no_key=True)
    rows = newest_first(near)
    own = own_of(rows, draft)
    rule = covering_rule(scope=desk.scope, text=draft.pattern, vector=draft.vector, law=desk.law)
    why_not = why_not_of(desk, draft, rule, tally)
    if own is not None:
        _keep(desk, own, cluster, draft, why_not, tally)
    elif not why_not and is_due(rows, draft, tally):
        _propose(desk, cluster, draft, tally)


def about(scope: Scope, ids: Sequence[UUID], members: Collection[UUID]) -> QuerySet[RuleProposal]:
    """These proposals, and those that wait and have one of these executions among their examples."""
    rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id)
    return rows.filter(Q(id__in=ids) | Q(state=State.WAITING, examples__overlap=list(members))).order_by("id")


def newest_first(rows: Iterable[RuleProposal]) -> list[RuleProposal]:
    """Of proposals in the order of their ids."""
    return sorted(rows, key=lambda one: one.proposed_at, reverse=True)


def own_of(rows: Sequence[RuleProposal], draft: Draft) -> RuleProposal | None:
    """The proposal that waits and is about these very requests."""
    waiting = (one for one in rows if one.state == State.WAITING)
    own = max(waiting, key=lambda one: _shared(one, draft), default=None)
    return own if own is not None and _shared(own, draft) else None


def _shared(row: RuleProposal, draft: Draft) -> int:
    """How many of a proposal's examples are among these requests: it is about them, and not about ones that are nearly alike."""
    return len(draft.members.intersection(row.examples))


def why_not_of(desk: Desk, draft: Draft, rule: NearRule | None, tally: Tally) -> str:
    """Why no rule is needed, as `rule` covers these, or would not be obeyed; "" where one would help."""
    if rule:
        tally.covered += 1
        return f'the rule "{rule.pattern}" covers these requests'
    if draft.first.confidence < Decimal(str(desk.law.obeyed.threshold)):
        tally.unsure += 1
        return f"its confidence is below the router's threshold {desk.law.obeyed.threshold:.2f}"
    return ""


def is_due(rows: Sequence[RuleProposal], draft: Draft, tally: Tally) -> bool:
    """Whether nothing that is as alike waits, and nobody has decided about these requests, or there are twice as many since.

    Where requests tell the systems apart, what was decided about another system's requests is not about these.
    """
    mine = [one for one in rows if not draft.is_part or one.recommended_system_id == draft.first.system_id]
    is_waiting = any(one.state == State.WAITING for one in mine)
    is_due = not is_waiting and all(draft.seen >= 2 * one.seen for one in mine[:1])
    tally.decided += not is_due
    return is_due


def _keep(desk: Desk, row: RuleProposal, cluster: RequestCluster, draft: Draft, why_not: str, tally: Tally) -> None:
    """A proposal that waits follows its figures, and is withdrawn where it is not needed any more."""
    if why_not:
        decide(row, State.WITHDRAWN, scope=desk.scope, because=why_not, at=desk.at)
        said = f'The proposed rule "{row.pattern}" was withdrawn: {why_not}.'
        record(desk.scope, row, "withdraw", said, at=desk.at, because=why_not)
        tally.withdrawn += 1
        return
    values = moved_values(row, cluster, draft)
    if not values:
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.revision, row.updated_at = row.revision + 1, desk.at
    row.save(update_fields=[*values, "revision", "updated_at"])
    tally.updated += 1


def moved_values(row: RuleProposal, cluster: RequestCluster, draft: Draft) -> dict[str, Any]:
    """The figures that a proposal would follow; nothing where none of them moved."""
    values = _values(cluster, draft)
    # the pattern that people look at stays: another request in the middle of the same ones says nothing new
    del values["pattern"], values["request_embedding"], values["embedding_model"]
    return {} if all(getattr(row, name) == value for name, value in values.items()) else values


def _propose(desk: Desk, cluster: RequestCluster, draft: Draft, tally: Tally) -> None:
    if len(tally.proposed) >= desk.most:
        tally.left += 1
        return
    row = RuleProposal(
        id=new_id(desk.at),
        tenant_id=desk.scope.tenant_id,
        state=State.WAITING,
        proposed_at=desk.at,
        updated_at=desk.at,
        **_values(cluster, draft),
    )
    row.save(force_insert=True)
    if desk.settings.is_automatic:
        # HAZARD: rows are locked before the ledger's head, which the first entry below takes
        same = RoutingRule.objects.filter(tenant_id=row.tenant_id, request_pattern=row.pattern, is_active=True)
        list(same.select_for_update(no_key=True).values_list("id", flat=True))
    tally.proposed.append(row.id)
    system = draft.names[draft.first.system_id]
    said = f'Proposed to route requests like "{row.pattern}" to {system}. {row.explanation}'
    record(desk.scope, row, "propose", said, at=desk.at, **_figures(row))
    if desk.settings.is_automatic:
        try:
            accept_within(scope=desk.scope, row=row, at=desk.at)
        except PatternTaken:
            return
        tally.activated += 1


def _values(cluster: RequestCluster, draft: Draft) -> dict[str, Any]:
    first = draft.first
    return {
        "pattern": draft.pattern,
        "request_embedding": draft.vector.tolist(),
        "embedding_model": cluster.embedding_model,
        "recommended_system_id": first.system_id,
        "alternative_systems": draft.alternatives,
        "action": draft.action,
        "based_on_executions": draft.executions,
        "seen": draft.seen,
        "success_rate": first.rate,
        "avg_cost_usd": first.avg_cost_usd,
        "avg_duration_ms": first.avg_duration_ms,
        "confidence_score": first.confidence,
        "ranking": draft.ranking(),
        "examples": list(draft.examples),
        "explanation": draft.explanation,
    }


def _figures(row: RuleProposal) -> dict[str, Any]:
    return {
        "system": row.ranking[0]["system"],
        "based_on_executions": row.based_on_executions,
        "seen": row.seen,
        "success_rate": f"{row.success_rate:.4f}",
        "confidence": f"{row.confidence_score:.4f}",
        "alternatives": [one["system"] for one in row.ranking[1:]],
        "examples": [str(id) for id in row.examples],
    }
