"""What a system answers to a scenario that asks for words: heard in dream mode, so that nothing is done.

Only where nothing is out of the ordinary: an agent is not told to play that it is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from dreams.elicitation.scenario import Asked, Circumstance, Scenario
from governance.errors import DomainError
from governance.registry.models import System
from governance.scope import Scope
from routing.rehearsal.running import Clock, rehearse
from routing.rehearsal.shapes import Ran, Recorded
from routing.rehearsal.stage import Stage, staged

SIDE: Final = "today"
PATIENCE: Final = timedelta(seconds=60)
"""For one answer."""
_HEARD: Final = ("completed", "partial")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking. `fits` is None where nothing was heard; `said` is a sentence either way."""

    fits: bool | None
    said: str


def stage_of(*, scope: Scope, system: System, at: datetime) -> Stage:
    """The system as it is reached today. Raises what `staged` raises."""
    return staged(scope=scope, system=system.name, documents={SIDE: None}, at=at)


def heard(
    *, stage: Stage, system: System, key: str, scenario: Scenario, asked: Asked, job: UUID, clock: Clock
) -> Heard:
    """Ask the agent, outside any transaction, and compare its words. An agent that cannot be asked was not asked."""
    if asked.circumstance is not Circumstance.ORDINARY:
        return Heard(None, "Answers are heard only where nothing is out of the ordinary.")
    recorded = Recorded(
        key=f"scenario/{key}",
        text=asked.text or scenario.title,
        input=asked.facts.get("input"),
        action=asked.action,
        system=system.name,
        channel="api",
    )
    try:
        ran = rehearse(
            stage=stage,
            side=SIDE,
            recorded=recorded,
            attempt_key=f"{job}/{key}",
            deadline=clock() + PATIENCE,
            clock=clock,
        )
    except DomainError as refused:
        return Heard(None, refused.sentence)
    return _compared(ran, has=scenario.has, lacks=scenario.lacks)


def _compared(ran: Ran, *, has: Sequence[str], lacks: Sequence[str]) -> Heard:
    if ran.status not in _HEARD:
        return Heard(None, ran.why or "The agent did not answer.")
    text = ran.text.casefold()
    missing = [one for one in has if one.casefold() not in text]
    wrong = [one for one in lacks if one.casefold() in text]
    said = [f"Its answer does not contain “{one}”." for one in missing] + [
        f"Its answer contains “{one}”." for one in wrong
    ]
    return Heard(not said, " ".join(said) or "Its answer's words are as expected.")
