"""What then nobody asked the rules about, they are asked now: a system that a request comes to for the first time in a replay
may not be allowed to have it, or may not be reachable at all.

What was said then stands. Money is left out: what a budget had room for on a past day is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from governance.policy.verdict import Outcome
from governance.rulebook import answers
from governance.rulebook.question import Question
from governance.scope import Scope
from routing.embeddings.embedder import Vectors
from routing.executions.facts import facts_of
from routing.router import vetoes
from routing.router.acting import action_of
from routing.router.ranking import Candidate, Veto
from routing.whatif.cases import Case, Placed
from routing.whatif.scoring import Side, placed

ROUNDS: Final = 4
"""How often those whom the rules turn away look for the next; who is turned away more often than that gets nobody's yes."""


@dataclass
class Judge:
    """Asks the rulebook, and the connectors once for each system. `documents` are constitutions to be asked instead of those in
    force, by system."""

    scope: Scope
    at: datetime
    documents: Mapping[str, Any] = field(default_factory=dict)
    _reach: dict[UUID, Veto | None] = field(default_factory=dict)

    def settled(self, side: Side, *, cases: Sequence[Case], vectors: Vectors, model: str) -> list[Placed]:
        """Where this side puts each case when everybody who would get one has been asked about. A few statements each round,
        whatever the number of cases; inside the caller's transaction."""
        own = self._reopened(side, cases)
        found = placed(side, cases=own, vectors=vectors, model=model)
        open = [row for row, place in enumerate(found) if _is_open(own[row], place)]
        for _ in range(ROUNDS):
            if not open:
                break
            held = self._held(side, [(own[row], found[row]) for row in open])
            for row, veto in zip(open, held, strict=True):
                own[row] = _heard(own[row], found[row], veto)
            open = [row for row, veto in zip(open, held, strict=True) if veto is not None]
            again = placed(side, cases=[own[row] for row in open], vectors=vectors[open], model=model)
            for row, place in zip(open, again, strict=True):
                found[row] = place
            open = [row for row in open if _is_open(own[row], found[row])]
        return found

    def _reopened(self, side: Side, cases: Sequence[Case]) -> list[Case]:
        """What the rules said about a system whose constitution is another says nothing now."""
        changed = frozenset(one.id for one in side.systems if one.name in self.documents)
        return [_forgotten(case, changed) for case in cases] if changed else list(cases)

    def _held(self, side: Side, open: Sequence[tuple[Case, Placed]]) -> list[Veto | None]:
        candidates = [_chosen(place) for _, place in open]
        self._look({one.system_id: one for one in candidates})
        questions = [_question(side, case, one) for (case, _), one in zip(open, candidates, strict=True)]
        found = answers.answered(
            scope=self.scope, questions=questions, at=self.at, constitutions=self.documents, is_own=True
        )
        return [self._reach[one.system_id] or _denial(answer) for one, answer in zip(candidates, found, strict=True)]

    def _look(self, candidates: Mapping[UUID, Candidate]) -> None:
        new = [one for id, one in candidates.items() if id not in self._reach]
        self._reach |= dict.fromkeys((one.system_id for one in new), None)
        for system_id, veto in vetoes.asked(scope=self.scope, candidates=new, at=self.at)():
            if veto.code != "budget" and self._reach[system_id] is None:
                self._reach[system_id] = veto


def _forgotten(case: Case, systems: frozenset[UUID]) -> Case:
    kept = {
        id: tuple(one for one in found if one.code != "policy" or id not in systems)
        for id, found in case.vetoes.items()
    }
    return replace(case, vetoes=kept, judged=case.judged - systems)


def _is_open(case: Case, place: Placed) -> bool:
    return place.id is not None and place.id not in case.judged


def _chosen(place: Placed) -> Candidate:
    return next(one for one in place.candidates if one.system_id == place.id)


def _question(side: Side, case: Case, one: Candidate) -> Question:
    system = side.by_id[one.system_id]
    rule = side.actions.get(one.rule_id, "") if one.rule_id and not one.place else ""
    action = action_of(
        text=case.asked,
        by_rule=rule,
        requires_approval=system.requires_approval,
        capabilities=system.capabilities,
    )
    facts = facts_of(text=case.asked, input=None, channel=case.channel, depth=0, handed_on_by="")
    return Question(one.name, action, facts)


def _denial(answer: answers.Answer) -> Veto | None:
    """A denial speaks against it; where nothing could be decided, for want of a fact, nothing is known."""
    is_no = answer.verdict.outcome is Outcome.DENY and not answer.is_error
    return Veto("policy", answer.verdict.sentence) if is_no else None


def _heard(case: Case, place: Placed, veto: Veto | None) -> Case:
    assert place.id is not None
    vetoes = {**case.vetoes, place.id: (*case.vetoes.get(place.id, ()), veto)} if veto else case.vetoes
    return replace(case, vetoes=vetoes, judged=case.judged | {place.id})
