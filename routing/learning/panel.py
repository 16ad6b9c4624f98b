"""What the router's pages say about learning: how many proposals wait, and where a learned rule comes from; and what other slices
say on a proposal's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from governance.registry.panels import Panel
from governance.scope import Scope
from routing.learning import queries
from routing.learning.models import RuleProposal

WAITING: Final = "routing/learning/_waiting.html"
ORIGIN: Final = "routing/learning/_origin.html"


Beside = Callable[[Scope, queries.Line], Any]
_beside: dict[str, Beside] = {}


def register_beside(template: str, maker: Beside) -> None:
    """Show a fragment beside a proposal (it reads `panel`), where the maker finds something; called from `AppConfig.ready`."""
    _beside[template] = maker


def beside(scope: Scope, line: queries.Line) -> list[Panel]:
    """Every fragment that belongs beside a proposal."""
    found = [Panel(template, maker(scope, line)) for template, maker in _beside.items()]
    return [one for one in found if one.panel is not None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the line above the rules says."""

    count: int


def waiting(scope: Scope) -> Waiting:
    """How many wait. One query."""
    return Waiting(queries.waiting(scope=scope))


def origin(scope: Scope, rule_id: UUID) -> RuleProposal | None:
    """The proposal that became a rule. One query."""
    return queries.learned_from(scope=scope, rule_id=rule_id)
