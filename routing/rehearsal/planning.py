"""Where one law puts a request, what it asks each candidate to do, and what the rules say to that. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from governance.policy.verdict import Outcome
from governance.rulebook.answers import Answer
from routing.executions.facts import facts_of
from routing.rehearsal.shapes import Recorded
from routing.router.acting import action_of
from routing.router.obeyed import Obeyed
from routing.router.ranking import Candidate, Choice, Source, Veto, decided
from routing.whatif.scoring import Side

_REMADE: Final = "no_fallback"
"""Of all vetoes of a choice the one that follows from who else is vetoed: it is made anew."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say to a candidate. `is_broken`: a rule forbids it (not a stop, a drift or a missing fact)."""

    outcome: str
    sentence: str
    is_broken: bool
    guidance: tuple[str, ...]
    session_rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request under one law, before anybody is looked at. `judged` by system; `faults` why nothing can be planned."""

    candidates: tuple[Candidate, ...]
    judged: Mapping[UUID, Judged]
    law: Obeyed
    model: str
    rules: Mapping[UUID, str]
    fault: str = ""

    @property
    def open(self) -> tuple[Candidate, ...]:
        """Those against whom neither the router nor the rules speak."""
        return tuple(one for one in self.candidates if not one.vetoes and not self.denial(one.system_id))

    def denial(self, id: UUID) -> Veto | None:
        said = self.judged.get(id)
        return Veto("policy", said.sentence) if said and said.outcome == Outcome.DENY.value else None

    def choice(self, against: Mapping[UUID, Veto]) -> Choice:
        """The decision as it is when that speaks against systems now, beside the rules."""
        vetoes: dict[UUID, list[Veto]] = {}
        for one in self.candidates:
            own = against.get(one.system_id)
            # as live: what stops a system is a rule too, and said once
            said = own if own is not None and own.code == "estop" else self.denial(one.system_id) or own
            if said is not None and not one.vetoes:
                vetoes[one.system_id] = [said]
        leading = next((one for one in self.candidates if not one.vetoes and one.system_id not in vetoes), None)
        leading = leading or next(iter(self.candidates), None)
        pattern = self.rules.get(leading.rule_id, "") if leading and leading.rule_id else ""
        return decided(self.candidates, vetoes=vetoes, obeyed=self.law, model=self.model, rule=pattern)


def candidates_of(side: Side, recorded: Recorded, choice: Choice) -> tuple[Candidate, ...]:
    """The candidates of a choice with what each would be asked to do, and without what follows from the others."""
    return tuple(_asked(side, recorded, one) for one in choice.candidates)


def named(side: Side, recorded: Recorded) -> tuple[Candidate, ...]:
    """The system that the asker wants; none where there is no such system."""
    found = next((one for one in side.systems if one.name == recorded.system), None)
    if found is None:
        return ()
    one = Candidate(found.id, found.name, 1.0, Source.NAMED, vetoes=tuple(side.against.get(found.id, ())))
    return (_asked(side, recorded, one),)


def facts(recorded: Recorded, cost: float | None) -> dict[str, Any]:
    """What the rules may ask about the request, as of one that a person or a system sends."""
    found = facts_of(text=recorded.text, input=recorded.input, channel=recorded.channel, depth=0, handed_on_by="")
    return found if cost is None else {**found, "cost_usd": cost}


def judged_of(answer: Answer) -> Judged:
    """What an answer means for the plan."""
    verdict, found = answer.verdict, answer.gathered
    is_held = found is not None and (found.standing.stopped_because is not None or found.standing.drift == "HOLD")
    return Judged(
        outcome=verdict.outcome.value,
        sentence=verdict.sentence,
        is_broken=verdict.outcome is Outcome.DENY and not answer.is_error and not is_held,
        guidance=() if found is None else tuple(found.guidance),
        session_rules=() if found is None else tuple(found.session.texts),
    )


def _asked(side: Side, recorded: Recorded, one: Candidate) -> Candidate:
    system = side.by_id[one.system_id]
    action = action_of(
        text=recorded.text,
        stated=recorded.action,
        by_rule=side.actions.get(one.rule_id, "") if one.rule_id and not one.place else "",
        requires_approval=system.requires_approval,
        capabilities=system.capabilities,
    )
    kept = tuple(veto for veto in one.vetoes if veto.code != _REMADE)
    return replace(one, action=action, vetoes=kept)


def patterns(side: Side, candidates: Sequence[Candidate]) -> dict[UUID, str]:
    """The patterns of the rules by which candidates came."""
    wanted = {one.rule_id for one in candidates if one.rule_id}
    return {rule.id: rule.pattern for rule in side.rules if rule.id in wanted} if wanted else {}
