"""Routing rules as lists and pages read them, and `choose`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.audit.entries import Explained, explained_entry
from governance.audit.filters import Filters
from governance.audit.queries import matching
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Capability, Scope
from routing.router.choosing import choose
from routing.router.models import RoutingRule
from routing.router.ranking import Candidate, Choice, Veto

__all__ = ["Candidate", "Choice", "Veto", "choose", "history", "lines_of", "rule", "rules"]

EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """What a list asks for; "" is everything. `state`: on, off. `origin`: people, learned."""

    text: str = ""
    system: str = ""
    state: str = ""
    origin: str = ""

    @property
    def is_narrow(self) -> bool:
        return any((self.text, self.system, self.state, self.origin))


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as a list shows it. `alternatives` are names in order; `is_embedded`: requests are compared with it already."""

    id: UUID
    pattern: str
    system: str
    alternatives: tuple[str, ...]
    action: str
    confidence: Decimal
    is_active: bool
    is_learned: bool
    is_embedded: bool
    based_on: int
    success_rate: Decimal | None
    avg_cost_usd: Decimal | None
    avg_duration_ms: int | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def examples(*, scope: Scope) -> list[str]:
    """A few requests that people wrote rules for, as somebody would type them; learned ones are others' own words."""
    rows = RoutingRule.objects.filter(tenant_id=scope.tenant_id, is_active=True, auto_generated=False)
    return list(rows.order_by("-confidence_score", "id").values_list("request_pattern", flat=True)[:EXAMPLES])


def rules(*, scope: Scope, filter: RuleFilter | None = None) -> QuerySet[RoutingRule]:
    """The tenant's rules, those in force first, by pattern; slice them and give them to `lines_of`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="read the routing rules")
    asked = filter or RuleFilter()
    rows = RoutingRule.objects.filter(tenant_id=scope.tenant_id).defer("request_embedding")
    if asked.text:
        rows = rows.filter(Q(request_pattern__icontains=asked.text) | Q(action__icontains=asked.text))
    if asked.system:
        named = System.objects.filter(tenant_id=scope.tenant_id, name=asked.system).values("id")
        rows = rows.filter(Q(recommended_system__in=named) | Q(alternative_systems__contains=[named[:1]]))
    if asked.state in {"on", "off"}:
        rows = rows.filter(is_active=asked.state == "on")
    if asked.origin in {"people", "learned"}:
        rows = rows.filter(auto_generated=asked.origin == "learned")
    return rows.order_by("-is_active", "request_pattern", "id")


def rule(*, scope: Scope, rule_id: UUID) -> RoutingRule:
    """One rule. Raises `NotAllowed`, `NotFound`."""
    found = rules(scope=scope).filter(id=rule_id).first()
    if found is None:
        raise NotFound("There is no such routing rule. The page Routing lists those there are.")
    return found


def lines_of(*, scope: Scope, rows: Iterable[RoutingRule]) -> list[RuleLine]:
    """Rows with the names of their systems. One query."""
    found = list(rows)
    ids = {one.recommended_system_id for one in found} | {id for one in found for id in one.alternative_systems}
    names = dict(System.objects.filter(tenant_id=scope.tenant_id, id__in=ids).values_list("id", "name"))
    return [_line(one, names) for one in found]


def history(*, scope: Scope, rule_id: UUID) -> list[Explained]:
    """What the ledger says about a rule, newest first."""
    filters = Filters(event_type="routing", subject=str(rule_id))
    return [explained_entry(row) for row in matching(scope=scope, filters=filters).order_by("-sequence")[:100]]


def _line(one: RoutingRule, names: Mapping[Any, str]) -> RuleLine:
    return RuleLine(
        id=one.id,
        pattern=one.request_pattern,
        system=names.get(one.recommended_system_id, ""),
        alternatives=tuple(names[id] for id in one.alternative_systems if id in names),
        action=one.action,
        confidence=one.confidence_score,
        is_active=one.is_active,
        is_learned=one.auto_generated,
        is_embedded=bool(one.embedding_model),
        based_on=one.based_on_executions,
        success_rate=one.success_rate,
        avg_cost_usd=one.avg_cost_usd,
        avg_duration_ms=one.avg_duration_ms,
        created_at=one.created_at,
        created_by=one.created_by or "",
        updated_at=one.updated_at,
        updated_by=one.updated_by,
    )
