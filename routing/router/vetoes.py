"""What speaks against candidates: how they stand, what their rules say, and what other slices have registered.

A check takes all candidates at once, so that the number of statements does not follow the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.policy.verdict import Outcome, Verdict
from governance.rulebook import answers
from governance.rulebook.answers import Answer
from governance.rulebook.classes import of_law
from governance.rulebook.question import Question
from governance.scope import Scope
from routing.router.nearest import Standing
from routing.router.ranking import Candidate, Veto

Check = Callable[[Scope, Sequence[Candidate], datetime], Callable[[], Mapping[UUID, Veto]]]
"""Asks what it needs to know, and gives what takes the answer: what others ask meanwhile goes there with it."""
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Let another slice speak against candidates (a connector that cannot be reached, no money); called from `AppConfig.ready`,
    again without harm."""
    _checks[name] = check


def of_standing(one: Standing) -> list[Veto]:
    """Only active systems that neither a stop nor drift holds get new work."""
    found = []
    if one.status != "active":
        found.append(Veto("status", f"{one.name} is {one.status}: only active systems get new work."))
    if one.stopped_because is not None:
        found.append(Veto("estop", f"{one.name} is stopped: {one.stopped_because}"))
    if one.drift == "HOLD":
        found.append(Veto("drift", f"{one.name} is on HOLD until somebody has looked at its drift."))
    return found


def asked(*, scope: Scope, candidates: Sequence[Candidate], at: datetime) -> Callable[[], Iterator[tuple[UUID, Veto]]]:
    """Ask every registered check; what they say is taken later."""
    taken = [check(scope, candidates, at) for check in _checks.values()] if candidates else []
    return lambda: (one for take in taken for one in take().items())


def outcomes(
    *, scope: Scope, candidates: Sequence[Candidate], facts: Mapping[str, Any], session: str, at: datetime
) -> dict[UUID, Answer]:
    """By system: as the rules would answer now. Nothing is kept."""
    questions = [Question(one.name, one.action, {**facts, **_cost(one, facts)}, session) for one in candidates]
    found = answers.answered(scope=scope, questions=questions, at=at)
    return {one.system_id: answer for one, answer in zip(candidates, found, strict=True)}


def of_verdict(verdict: Verdict) -> list[Veto]:
    """A denial is a veto; what needs approval is not."""
    return [Veto("policy", verdict.sentence, of_law(verdict.because))] if verdict.outcome is Outcome.DENY else []


def _cost(one: Candidate, facts: Mapping[str, Any]) -> dict[str, Any]:
    if "cost_usd" in facts or not one.predicted or "cost_usd" not in one.predicted:
        return {}
    return {"cost_usd": float(one.predicted["cost_usd"])}
