"""The card on a system's page: where it stands, with the form that sets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from governance.drift.forms import StateForm
from governance.drift.queries import Chip, Standing, chip_of, standing
from governance.registry.models import System
from governance.scope import Capability, Scope

TEMPLATE: Final = "governance/drift/_drift.html"


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `refused` says why this person may not set it, "" when they may."""

    system: str
    standing: Standing
    form: StateForm
    refused: str

    @property
    def chip(self) -> Chip:
        return chip_of(self.standing.state)


def card(scope: Scope, system: System) -> Card:
    """The card of one system. One query."""
    found = standing(scope=scope, system=system)
    refused = scope.why_not(Capability.SET_DRIFT, to="set a drift state")
    return Card(system=system.name, standing=found, form=StateForm(state=found.state), refused=refused)
