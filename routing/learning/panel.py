"""What the router's pages say about learning: how many proposals wait, and where a learned rule comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from governance.scope import Scope
from routing.learning import queries
from routing.learning.models import RuleProposal

WAITING: Final = "routing/learning/_waiting.html"
ORIGIN: Final = "routing/learning/_origin.html"


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
