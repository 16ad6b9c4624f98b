"""The card on a system's page: what was decided about it lately, and how much of its safety budget is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from governance.registry.models import System
from governance.rulebook import safety, safety_store
from governance.rulebook.forms.verdicts import asked_by
from governance.rulebook.queries.verdicts import ACTS, VerdictFilter, sought, within
from governance.scope import Scope
from governance.web import now

TEMPLATE: Final = "governance/rulebook/_system.html"
WINDOW: Final = timedelta(days=30)
MOST: Final = 1_000
"""Verdicts that are counted: the newest of the window."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the safety budget: how much of it this window has used."""

    kind: str
    used: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws: counts, and in `query` what asks for the rows behind them.

    `limits` is empty and `ends_at` None without a safety budget.
    """

    system: str
    query: str
    permitted: int
    approvals: int
    denied: int
    is_cut: bool
    limits: tuple[Limit, ...]
    is_spent: bool
    ends_at: datetime | None

    @property
    def total(self) -> int:
        return self.permitted + self.approvals + self.denied


def card(scope: Scope, system: System) -> Card:
    """The card of one system. One query, two where it has a safety budget."""
    at = now()
    filter = VerdictFilter(system=system.name, about=ACTS, since=at - WINDOW)
    newest = within(scope=scope, filter=filter).filter(sought(filter)).values_list("outcome", flat=True)[: MOST + 1]
    found = list(newest)
    counts = Counter(found[:MOST])
    budget = safety.budget_of(system.constitution)
    used = safety.Used()
    if budget is not None:
        used = safety_store.used(tenant_id=scope.tenant_id, system_id=system.id, budget=budget, at=at)
    return Card(
        system=system.name,
        query=urlencode(asked_by(filter)),
        permitted=counts["permit"],
        approvals=counts["require_approval"],
        denied=counts["deny"],
        is_cut=len(found) > MOST,
        limits=_limits(budget, used) if budget else (),
        is_spent=budget is not None and safety.is_spent(budget, used),
        ends_at=safety.ends_at(budget.window, at) if budget else None,
    )


def _limits(budget: safety.SafetyBudget, used: safety.Used) -> tuple[Limit, ...]:
    stated = (
        ("denials", used.denials, budget.denials),
        ("overrides", used.overrides, budget.overrides),
        ("risk", used.risk, budget.risk),
    )
    return tuple(Limit(kind, Decimal(spent), Decimal(most)) for kind, spent, most in stated if most is not None)
