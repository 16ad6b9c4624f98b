"""The card on a system's drift page: ask the scenarios, see what came of it, and in RECOVERY validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dreams.elicitation import actions, queries
from dreams.elicitation.models import Elicitation
from governance.drift.actions import SCENARIOS
from governance.drift.queries import row_of
from governance.jobs.queries import Row
from governance.jobs.queries import row_of as job_row_of
from governance.registry.models import Status, System
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.scope import Capability, Scope
from governance.web import now

TEMPLATE: Final = "dreams/elicitation/_elicit.html"


@dataclass(frozen=True, slots=True)
class Card:
    """What the fragment draws. `run` is the latest that may count, `stale` why it does not, `refused` why the person may not."""

    system: str
    is_recovering: bool
    job: Row | None
    run: Elicitation | None
    stale: str
    refused: str

    @property
    def can_validate(self) -> bool:
        return self.is_recovering and self.run is not None and not self.stale and self.run.asked >= SCENARIOS


def card(scope: Scope, system: System, state: str) -> Card | None:
    """For every system that can be asked."""
    if system.name == LAW or system.status == Status.ARCHIVED:
        return None
    at, row = now(), row_of(scope=scope, system=system)
    is_recovering = state == "RECOVERY" and row is not None
    since = row.since if row is not None and is_recovering else system.created_at
    job, run = actions.running(scope=scope, system=system), queries.latest(scope=scope, system=system, since=since)
    return Card(
        system=system.name,
        is_recovering=is_recovering,
        job=job_row_of(scope=scope, job=job) if job else None,
        run=run,
        stale=queries.stale(scope=scope, row=run, at=at) if run else "",
        refused=scope.why_not(Capability.SET_DRIFT, to=actions.TO_ASK),
    )
