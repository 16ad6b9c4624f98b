"""The card on a system's page: what is routed to it, so that whoever changes its status sees what that stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from governance.registry.models import System
from governance.registry.panels import Panel
from governance.scope import Scope
from routing.router.models import RoutingRule

TEMPLATE: Final = "routing/router/_routed.html"
MOST: Final = 5
Waiting = Callable[[Scope, System], int]
_waiting: list[Waiting] = []


def register_waiting(count: Waiting) -> None:
    """Let `executions` say how many requests wait for a system or run on it; called from `AppConfig.ready`, once."""
    if count not in _waiting:
        _waiting.append(count)


Below = Callable[[Scope], Any]
_below: dict[str, Below] = {}


def register_below(template: str, maker: Below) -> None:
    """Show a fragment below the ask page's form (it reads `panel`); called from `AppConfig.ready`, again without harm."""
    _below[template] = maker


def below(scope: Scope) -> list[Panel]:
    """Every fragment that belongs below the form."""
    return [Panel(template, maker(scope)) for template, maker in _below.items()]


OfRule = Callable[[Scope, UUID], Any]
_above: dict[str, Below] = {}
_of_rule: dict[str, OfRule] = {}


def register_above_rules(template: str, maker: Below) -> None:
    """Show a fragment above the list of rules (it reads `panel`); called from `AppConfig.ready`, again without harm."""
    _above[template] = maker


def register_of_rule(template: str, maker: OfRule) -> None:
    """Show a fragment on a rule's page (it reads `panel`), where the maker finds something; called from `AppConfig.ready`."""
    _of_rule[template] = maker


def above_rules(scope: Scope) -> list[Panel]:
    """Every fragment that belongs above the list."""
    return [Panel(template, maker(scope)) for template, maker in _above.items()]


def of_rule(scope: Scope, rule_id: UUID) -> list[Panel]:
    """Every fragment that belongs on a rule's page."""
    found = [Panel(template, maker(scope, rule_id)) for template, maker in _of_rule.items()]
    return [one for one in found if one.panel is not None]


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `waiting` is None while nothing counts requests."""

    system: str
    status: str
    rules: tuple[RoutingRule, ...]
    as_alternative: int
    waiting: int | None

    @property
    def more(self) -> int:
        return max(0, len(self.rules) - MOST)

    @property
    def shown(self) -> tuple[RoutingRule, ...]:
        return self.rules[:MOST]

    @property
    def is_active(self) -> bool:
        return self.status == "active"


def card(scope: Scope, system: System) -> Card:
    """The card of one system. One query, and one for what waits."""
    rows = RoutingRule.objects.filter(tenant_id=scope.tenant_id, is_active=True).defer("request_embedding")
    mine = list(
        rows.filter(Q(recommended_system=system) | Q(alternative_systems__contains=[system.id]))
        .order_by("request_pattern")
        .only("id", "request_pattern", "recommended_system_id")[:200]
    )
    first = tuple(row for row in mine if row.recommended_system_id == system.id)
    return Card(
        system=system.name,
        status=system.status,
        rules=first,
        as_alternative=len(mine) - len(first),
        waiting=sum(count(scope, system) for count in _waiting) if _waiting else None,
    )
