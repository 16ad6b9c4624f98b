"""May this action happen? The only road to a verdict that counts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from governance import sql
from governance.errors import DomainError, Invalid, NotAllowed
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook import answers, gather, safety_store, session_store, storage
from governance.rulebook.answers import Answer
from governance.rulebook.gather import Gathered
from governance.rulebook.models import StoredVerdict
from governance.rulebook.question import Question
from governance.rulebook.session_store import Ended
from governance.scope import Actor, ActorKind, Capability, Scope, agent_name, tars_scope

log = logging.getLogger(__name__)
MOST_AT_ONCE: Final = 1000
_HELD: Final = frozenset({"TARS/e-stop", "TARS/safety-spent", "TARS/safety-risk"})
"""Denials for these reasons do not count against the safety budget: they come of it."""
Known: TypeAlias = Mapping[tuple[str, str], Gathered]
"""By system and session."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict as it was stored. `id` is None where nothing is stored: the system does not exist, or TARS failed.

    `guidance`: sentences of the session for the agent to follow, `enforced`: those that TARS holds it to. `ended_rules`: rules of
    the session that ended and that no decision has told of before. `ledger_sequence` is None until a permit is sealed.
    """

    id: UUID | None
    system: str
    action: str
    session: str
    verdict: Verdict
    guidance: tuple[str, ...]
    ended_rules: tuple[Ended, ...]
    digest: str
    rulebook_digest: str
    at: datetime
    ledger_sequence: int | None
    enforced: tuple[str, ...] = ()


class TooMany(Invalid):
    """More questions than one call answers."""

    code = "too_many"


def decide(
    *, scope: Scope, system_name: str, action: str, facts: Mapping[str, Any], at: datetime, session: str = ""
) -> Decided:
    """Decide one action of a system, and keep the verdict, signed. Denials and required approvals are on the ledger at once,
    permits when they are sealed.

    Raises `NotAllowed` (a system asks about itself only, with a token that holds `ask`) and `Invalid` for a question that
    cannot be asked. Whatever else goes wrong denies, with the reason.
    """
    question = Question(system_name, action, dict(facts) if isinstance(facts, Mapping) else facts, session)
    try:
        return _decide(scope=scope, question=question, system_name=system_name, at=at)
    except DomainError:
        raise
    except Exception:
        log.exception("a decision about %s could not be kept", system_name)
        return _unkept(question, at=at)


def decide_many(*, scope: Scope, questions: Sequence[Question], at: datetime) -> list[Decided | DomainError]:
    """Decide up to a thousand actions at once, in order, under one entry of the ledger. A question that cannot be asked is
    answered by its error; the others are not held up. All are about this moment. Raises `NotAllowed`, `TooMany`."""
    if len(questions) > MOST_AT_ONCE:
        raise TooMany(f"One call answers {MOST_AT_ONCE:,} questions; this one has {len(questions):,}. Split it.")
    faults = {place: fault for place, one in enumerate(questions) if (fault := _fault(one)) is not None}
    sound = [replace(one, at=None) for place, one in enumerate(questions) if place not in faults]
    try:
        found = _decide_many(scope=scope, questions=sound, at=at)
    except DomainError:
        raise
    except Exception:
        log.exception("a batch of decisions could not be kept")
        found = [_unkept(question, at=at) for question in sound]
    told = iter(found)
    return [faults[place] if place in faults else next(told) for place in range(len(questions))]


def decide_within(
    *, scope: Scope, question: Question, instead: Callable[[Gathered], dict[str, Any]], at: datetime
) -> Answer:
    """Ask inside the caller's transaction, for verbs of TARS that act only if the rules allow it, and keep the answer, signed.

    The verb's own gate says who may call it, and its own entry what came of it; the answer is sealed with the next ones, and goes
    with a verb that refuses. `instead` names documents to ask (`law`, `constitutions`) where those in force cannot be read.
    """
    asked = partial(answers.answered, scope=scope, questions=[question], at=at, is_own=True)
    found = asked()
    if (gathered := found[0].gathered) is not None and gathered.errors:
        found = asked(**instead(gathered))
    StoredVerdict.objects.bulk_create([row for row in _rows(found, scope=scope, at=at) if row is not None])
    return found[0]


def decide_here(
    *,
    scope: Scope,
    asker: Actor,
    question: Question,
    verb: str,
    at: datetime,
    known: Gathered | None = None,
) -> Decided:
    """`decide` inside the caller's transaction, for a verb that goes on from the verdict: counted, kept and on the ledger alike.

    The caller's gate says who may ask. The rules read that `asker` asks; the entry, under the name `verb`, is the scope's.
    `known`: what bears on the question, read in this transaction a moment ago, when the same was asked with other costs: it is
    not checked again. What goes wrong inside takes the caller's transaction with it. Raises `Invalid` for what cannot be asked.
    """
    found = None if known is None else {(question.system, question.session): known}
    return _kept(scope, [question], verb=verb, at=at, asker=asker, known=found)[0]


@governed("policy.decide", subject="system_name")
def _decide(*, scope: Scope, question: Question, system_name: str, at: datetime) -> Decided:
    _gate(scope, [system_name])
    return _kept_one(scope, question, at=at)


@governed("policy.decide_many")
def _decide_many(*, scope: Scope, questions: Sequence[Question], at: datetime) -> list[Decided]:
    _gate(scope, sorted({question.system for question in questions}))
    return _kept(scope, questions, verb="policy.decide_many", at=at) if questions else []


def _gate(scope: Scope, names: Sequence[str]) -> None:
    scope.demand(Capability.ASK, to="ask whether an action may happen")
    if scope.actor.kind is ActorKind.SYSTEM:
        others = [name for name in names if agent_name(name) != scope.actor.name]
        if others:
            raise NotAllowed(f"{scope.actor.name} asks about itself only, not about {others[0]}.")


def _kept_one(scope: Scope, question: Question, *, at: datetime) -> Decided:
    return _kept(scope, [question], verb="policy.decide", at=at)[0]


def _kept(
    scope: Scope,
    questions: Sequence[Question],
    *,
    verb: str,
    at: datetime,
    asker: Actor | None = None,
    known: Known | None = None,
) -> list[Decided]:
    """Answer, count, mark the sessions, record, keep: rows first, the ledger's head last."""
    asking = scope if asker is None else replace(scope, actor=asker)
    found = _answered(asking, questions, at=at, known=known)
    rows = _rows(found, scope=asking, at=at)
    _spend(scope, found, at=at)
    ended = _touched(scope, found, at=at)
    sequence = _recorded(scope, found, rows, verb=verb, at=at)
    kept = [row for row in rows if row is not None]
    for row in kept:
        row.sealed_in = sequence
    if len(kept) == 1:
        sql.soon(sql.insertion(kept[0]))
    else:
        StoredVerdict.objects.bulk_create(kept)
    return [_decided(answer, row, ended, at=at) for answer, row in zip(found, rows, strict=True)]


def _answered(scope: Scope, questions: Sequence[Question], *, at: datetime, known: Known | None) -> list[Answer]:
    """Actions that cost risk are asked under the lock of the system's safety window, so that no two spend the same rest.

    Within a batch each risk is spent before the next question is answered.
    """
    asked = partial(answers.answered, scope=scope, at=at)
    found = asked(questions=questions, known=known, is_own=known is not None)
    risky = frozenset(
        one.question.system for one in found if one.gathered and gather.risk_of(one.gathered, one.question.action)
    )
    if not risky:
        return found
    return _in_turn(scope, asked(questions=questions, locks_safety=risky), at=at)


def _in_turn(scope: Scope, found: list[Answer], *, at: datetime) -> list[Answer]:
    spent: dict[str, Decimal] = {}
    turned: list[Answer] = []
    for one in found:
        system, gathered = one.question.system, one.gathered
        if gathered is not None and spent.get(system):
            gathered = gather.after(gathered, risk=spent[system])
            one = answers.answer(one.question, gathered, actor=scope.actor, at=at)
        if gathered is not None and one.verdict.outcome is not Outcome.DENY:
            spent[system] = spent.get(system, Decimal(0)) + gather.risk_of(gathered, one.question.action)
        turned.append(one)
    return turned


def _rows(found: Sequence[Answer], *, scope: Scope, at: datetime) -> list[StoredVerdict | None]:
    signer = next((one.gathered.signer for one in found if one.gathered and one.gathered.signer), None)
    signer = signer or ledger.signer_for(scope=tars_scope(scope.tenant_id), at=at)
    return [storage.row_of(one, scope=scope, signer=signer, at=at) if one.gathered else None for one in found]


def _spend(scope: Scope, found: Sequence[Answer], *, at: datetime) -> None:
    """Count denials and risk; systems in the order of their ids, so that two batches do not wait for each other."""
    systems = {one.gathered.system_id: one.gathered for one in found if one.gathered and one.gathered.budget}
    for system_id in sorted(systems):
        mine = [one for one in found if one.gathered and one.gathered.system_id == system_id]
        denials = sum(one.verdict.outcome is Outcome.DENY and not _is_held(one.verdict) for one in mine)
        allowed = [one for one in mine if one.verdict.outcome is not Outcome.DENY]
        risk = sum((gather.risk_of(systems[system_id], one.question.action) for one in allowed), Decimal(0))
        budget = systems[system_id].budget
        if budget is not None and (denials or risk):
            safety_store.spend(
                tenant_id=scope.tenant_id, system_id=system_id, budget=budget, at=at, denials=denials, risk=risk
            )


def _is_held(verdict: Verdict) -> bool:
    return any(reason.rule in _HELD for reason in verdict.because)


def _touched(scope: Scope, found: Sequence[Answer], *, at: datetime) -> dict[str, tuple[Ended, ...]]:
    used: dict[str, set[str]] = {}
    for one in found:
        if one.question.session and one.gathered:
            used.setdefault(one.question.session, set()).update(one.verdict.rules_applied)
    touch = partial(session_store.touched, tenant_id=scope.tenant_id, at=at)
    return {name: touch(name=name, rule_ids=sorted(used[name])) for name in sorted(used)}


def _recorded(
    scope: Scope, found: Sequence[Answer], rows: Sequence[StoredVerdict | None], *, verb: str, at: datetime
) -> int | None:
    """The entry's sequence; None for a single permit, which is sealed later."""
    if verb == "policy.decide_many":
        kept = [row for row in rows if row is not None]
        return storage.record_batch(found, kept, scope=scope, verb=verb, at=at).sequence
    if found[0].verdict.outcome is Outcome.PERMIT:
        return None
    return storage.record_one(found[0], rows[0], scope=scope, verb=verb, at=at).sequence


def _decided(
    answer: Answer, row: StoredVerdict | None, ended: Mapping[str, tuple[Ended, ...]], *, at: datetime
) -> Decided:
    return Decided(
        id=None if row is None else row.id,
        system=answer.question.system,
        action=answer.question.action,
        session=answer.question.session,
        verdict=answer.verdict,
        guidance=answer.gathered.guidance if answer.gathered else (),
        ended_rules=ended.get(answer.question.session, ()),
        digest="" if row is None else row.digest,
        rulebook_digest="" if row is None else row.rulebook_digest,
        at=at,
        ledger_sequence=None if row is None else row.sealed_in,
        enforced=answer.gathered.session.enforced if answer.gathered else (),
    )


def _fault(question: Question) -> DomainError | None:
    try:
        answers.check(question)
    except DomainError as fault:
        return fault
    return None


def _unkept(question: Question, *, at: datetime) -> Decided:
    """The answer when TARS itself failed: no, and nothing is kept."""
    verdict = answers.denial(
        question, ("The decision could not be kept. Try again; if it stays so, tell an operator.",)
    )
    return Decided(
        id=None,
        system=question.system,
        action=question.action,
        session=question.session,
        verdict=verdict,
        guidance=(),
        ended_rules=(),
        digest="",
        rulebook_digest="",
        at=at,
        ledger_sequence=None,
    )
