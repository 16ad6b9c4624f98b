"""Questions answered and nothing stored: the one place where the engine is asked. Inside the caller's tenant transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from governance.assets.queries import ForDecision
from governance.assets.queries import for_decision as assets_of
from governance.errors import DomainError
from governance.ledger.hashing import nanoseconds
from governance.policy.decide import decide
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook import question as questions_of
from governance.rulebook import session_names, sources
from governance.rulebook.gather import Gathered, gathered_all
from governance.rulebook.question import Question, question_bytes
from governance.scope import Actor, Scope

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its verdict. `gathered` is None for a system that does not exist; `is_error`: nothing was decided, so it
    is denied."""

    question: Question
    verdict: Verdict
    gathered: Gathered | None
    facts: Mapping[str, Any]
    is_error: bool

    def question_bytes(self, *, at: datetime) -> bytes:
        """What is kept of the question; asked again under the same rulebook it gives the same answer."""
        found = self.gathered
        assert found is not None
        return question_bytes(
            self.question,
            at=nanoseconds(at),
            gathered=self.facts,
            guidance=found.guidance,
            session_rules=found.session.texts,
            asset_rules=found.asset_rules,
            rulebook=sources.rulebook_of(law=found.law, constitution=found.constitution),
        )


def answered(
    *,
    scope: Scope,
    questions: Sequence[Question],
    at: datetime,
    law: Any = None,
    constitutions: Mapping[str, Any] | None = None,
    locks_safety: frozenset[str] = frozenset(),
    is_own: bool = False,
    known: Mapping[tuple[str, str], Gathered] | None = None,
) -> list[Answer]:
    """Every question's answer, in order. Each may carry its own moment. Raises `Invalid` for one that cannot be asked; what TARS
    asks by itself (`is_own`) is not held to a caller's bounds.

    The number of statements follows the distinct systems and sessions, never the questions. `law` and `constitutions` are asked
    instead of those in force. `known`: what bears on each system and session, read in this transaction a moment ago.
    """
    for question in () if is_own else questions:
        check(question)
    found = (
        known
        if known is not None
        else gathered_all(
            scope=scope,
            wanted=[(question.system, question.session) for question in questions],
            at=at,
            law=law,
            constitutions=constitutions,
            locks_safety=locks_safety,
        )
    )
    assets: dict[tuple[str, str, int], ForDecision] = {}
    return [
        answer(
            question,
            _with_asset(found.get((question.system, question.session)), question, assets, scope=scope, at=at),
            actor=scope.actor,
            at=question.at or at,
        )
        for question in questions
    ]


def _with_asset(
    found: Gathered | None,
    question: Question,
    known: dict[tuple[str, str, int], ForDecision],
    *,
    scope: Scope,
    at: datetime,
) -> Gathered | None:
    """With the rules and facts of the shared asset that the question names (`uses_asset`, `uses_amount`)."""
    asset = question.facts.get("uses_asset")
    if found is None or asset is None:
        return found
    amount = question.facts.get("uses_amount", 1)
    # what is no whole number is no amount, and an asset may not be used by no amount
    key = (question.system, str(asset), amount if type(amount) is int else 0)
    if key not in known:
        known[key] = assets_of(tenant_id=scope.tenant_id, asset=key[1], used_by=key[0], amount=key[2], at=at)
    return replace(found, asset_rules=known[key].rules, asset_facts=known[key].facts)


def check(question: Question) -> None:
    """Raise `Invalid` unless the question can be asked."""
    questions_of.check(question)
    if question.session:
        session_names.checked(question.session)


def answer(question: Question, found: Gathered | None, *, actor: Actor, at: datetime) -> Answer:
    """One question's answer. Whatever goes wrong in here denies, with the reason."""
    if found is None:
        return _refused(question, None, {}, (f"There is no system called {question.system}.",))
    try:
        facts = found.facts(action=question.action, actor=actor.name, actor_kind=actor.kind.value)
        if found.errors:
            return _refused(question, found, facts, found.errors)
        known: dict[str, Any] = {**question.facts, **facts}
        verdict = decide(
            found.book,
            facts=known,
            action=question.action,
            at=at,
            bearer=found.system,
        )
    except DomainError as error:
        return _refused(question, found, {}, (error.sentence,))
    except Exception:
        log.exception("a question about %s could not be decided", question.system)
        return _refused(question, found, {}, ("Something went wrong inside TARS; the log says what.",))
    return Answer(question, verdict, found, facts, is_error=bool(verdict.errors or verdict.missing_facts))


def _refused(question: Question, found: Gathered | None, facts: Mapping[str, Any], errors: tuple[str, ...]) -> Answer:
    return Answer(question, denial(question, errors), found, facts, is_error=True)


def denial(question: Question, errors: tuple[str, ...]) -> Verdict:
    """The verdict where nothing could be decided: no."""
    sentence = f"{question.system} may not do {question.action}: nothing could be decided. {errors[0]}"
    return Verdict(outcome=Outcome.DENY, action=question.action, sentence=sentence, errors=errors, compliance_score=0.0)
