"""Scenarios and pairs put to the rulebook and the router, in circumstances that they name themselves.

The law and the constitution are those in force; e-stop, drift, the safety budget and sessions of the day are left out, so that an
answer follows from what was written and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from dreams.elicitation.consistency import Answered
from dreams.elicitation.hearing import Heard
from dreams.elicitation.preferences import Shown, preferred
from dreams.elicitation.scenario import ASKS, Asked, Asker, Circumstance, Item, Pair, Scenario, facts_of, filled
from governance.policy.verdict import Verdict
from governance.registry.models import System
from governance.rulebook import answers, house_rules
from governance.rulebook.gather import Gathered
from governance.rulebook.house_rules import Standing
from governance.rulebook.question import Question
from governance.rulebook.safety import Used
from governance.scope import TARS, Actor, ActorKind, Scope, agent_name
from routing.router.choosing import choose

STANDINGS: Final[Mapping[Circumstance, Standing]] = {
    Circumstance.ORDINARY: Standing(),
    Circumstance.STOPPED: Standing(stopped_because="A scenario"),
    Circumstance.HOLD: Standing(drift="HOLD"),
    Circumstance.RECOVERY: Standing(drift="RECOVERY"),
    Circumstance.DEGRADED: Standing(drift="DEGRADED"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A scenario or a pair, or a part of one, that could not be asked, and why."""

    key: str
    title: str
    why: str

    def as_json(self) -> dict[str, str]:
        return {"key": self.key, "title": self.title, "why": self.why}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a system's answers follow from. `bears` is what the rulebook gathered."""

    system: System
    bears: Gathered
    capabilities: tuple[str, ...]
    approvals: tuple[str, ...]

    def filled(self, asked: Asked) -> Asked | None:
        """The question with its action; None where the constitution holds no such action."""
        action = filled(asked.action, capabilities=self.capabilities, approvals=self.approvals)
        return replace(asked, action=action) if action else None


def verdicts(*, scope: Scope, ground: Ground, asked: Sequence[Asked], at: datetime) -> list[Verdict]:
    """The rulebook's answer to each, in order, inside the caller's transaction. Nothing is kept."""
    found: dict[int, Verdict] = {}
    for circumstance, asker in dict.fromkeys((one.circumstance, one.asked_by) for one in asked):
        places = [place for place, one in enumerate(asked) if (one.circumstance, one.asked_by) == (circumstance, asker)]
        bears = replace(ground.bears, standing=STANDINGS[circumstance], used=Used())
        answered = answers.answered(
            scope=replace(scope, actor=_actor(asker, ground.system)),
            questions=[Question(ground.system.name, asked[place].action, facts_of(asked[place])) for place in places],
            at=at,
            known={(ground.system.name, ""): bears},
            is_own=True,
        )
        found |= {place: one.verdict for place, one in zip(places, answered, strict=True)}
    return [found[place] for place in range(len(asked))]


def _actor(asker: Asker, system: System) -> Actor:
    if asker is Asker.TARS:
        return TARS
    if asker is Asker.PERSON:
        return Actor(kind=ActorKind.PERSON, name="somebody")
    return Actor(kind=ActorKind.SYSTEM, name=agent_name(system.name), user_id=system.id)


@dataclass(frozen=True, slots=True)
class Put:
    """A scenario with the question that it becomes."""

    item: Item
    scenario: Scenario
    asked: Asked


def put(ground: Ground, scenarios: Iterable[tuple[Item, Scenario]]) -> tuple[list[Put], list[LeftOut]]:
    """What can be asked, and what is left out."""
    puts, left_out = [], []
    for item, scenario in scenarios:
        asked = ground.filled(scenario.asked)
        if asked is None:
            left_out.append(LeftOut(item.key, scenario.title, _unfilled(ground, scenario.asked.action)))
        else:
            puts.append(Put(item, scenario, asked))
    return puts, left_out


def _unfilled(ground: Ground, action: str) -> str:
    what = "action that needs approval" if action == ASKS else "capability that acts and needs no approval"
    return f"The constitution of {ground.system.name} names no {what}."


def answered(one: Put, verdict: Verdict, *, chosen: str | None, heard: Heard | None) -> Answered | None:
    """What was found, beside what is expected; None where nothing was. `chosen`: the system that would get it, "" for nobody,
    None where not asked."""
    scenario = one.scenario
    found = []
    if scenario.expected:
        found.append((scenario.expected, verdict.outcome.value, verdict.sentence))
    if chosen is not None:
        found.append((scenario.expected_system, chosen or "nobody", f"{chosen or 'Nobody'} would get it."))
    if heard is not None and heard.fits is not None:
        found.append((_FITS, _FITS if heard.fits else "other words", heard.said))
    if not found:
        return None
    return Answered(
        key=one.item.key,
        title=scenario.title,
        domain=scenario.domain,
        principle=scenario.principle,
        question=one.asked.digest,
        expected=" · ".join(wanted for wanted, _, _ in found),
        found=" · ".join(got for _, got, _ in found),
        sentence=" ".join(sentence for _, _, sentence in found),
        agrees=all(wanted == got for wanted, got, _ in found),
        reasons=tuple(verdict.rules_applied)[:20],
    )


_FITS: Final = "its words"


def unheard(one: Put, heard: Heard | None) -> LeftOut | None:
    """The words that were to be heard and were not."""
    if heard is None or heard.fits is not None:
        return None
    return LeftOut(one.item.key, f"{one.scenario.title}: the words of its answer", heard.said)


def chosen(*, scope: Scope, one: Put, at: datetime) -> str:
    """The system that the router would give the request to; "" for nobody. Inside the caller's transaction."""
    text = one.asked.text or one.scenario.title
    choice = choose(scope=scope, text=text, at=at)
    return choice.chosen.name if choice.chosen else ""


def paired(
    *, scope: Scope, ground: Ground, pairs: Sequence[tuple[Item, Pair]], at: datetime
) -> tuple[list[tuple[str, str, Shown]], list[LeftOut]]:
    """Which response of each pair the rules prefer (key, title, shown), and the pairs that could not be asked."""
    asked: list[tuple[Item, Pair, Asked, Asked]] = []
    left_out = []
    for item, pair in pairs:
        left, right = ground.filled(pair.asked(pair.left)), ground.filled(pair.asked(pair.right))
        if left is None or right is None:
            missing = pair.left if left is None else pair.right
            left_out.append(LeftOut(item.key, pair.title, _unfilled(ground, missing.action)))
        else:
            asked.append((item, pair, left, right))
    found = verdicts(scope=scope, ground=ground, asked=[one for row in asked for one in row[2:]], at=at)
    outcomes = [verdict.outcome.value for verdict in found]
    return [
        (item.key, pair.title, _shown(pair, outcomes[2 * place], outcomes[2 * place + 1]))
        for place, (item, pair, _, _) in enumerate(asked)
    ], left_out


def _shown(pair: Pair, left: str, right: str) -> Shown:
    return Shown(pair.dimension, pair.left.label, pair.right.label, pair.expected, preferred(left, right))


def _acts(capability: str, bears: Gathered) -> bool:
    act = house_rules.act_of(
        capability, actor_kind=ActorKind.SYSTEM.value, law=bears.law.reads, own=bears.constitution.reads
    )
    return act == "acts"


def ground_of(*, system: System, bears: Gathered, document: Any) -> Ground:
    """What questions are filled in from; `document` is the constitution in force."""
    approvals = document.get("requires_approval") or ()
    return Ground(
        system=system,
        bears=bears,
        capabilities=tuple(one for one in system.capabilities if _acts(one, bears)),
        approvals=tuple(one for one in approvals if isinstance(one, str)),
    )
