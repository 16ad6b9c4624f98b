"""The answer to a question, before it is put in words: outcome, norms, obligations, and all that was found out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.policy.book import Book
from governance.policy.court import Norms, TooMuch
from governance.policy.entries import Entry, Pattern
from governance.policy.evaluation import Evaluation
from governance.policy.facts import Facts, Row
from governance.policy.globs import is_glob
from governance.policy.terms import Atom, Literal, Modality, Variable
from governance.policy.unify import filled
from governance.policy.values import decoded
from governance.policy.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Obligation:
    """An obligation in force that the action brings: the literal, the rules behind it, whether it is met."""

    name: str
    row: Row
    is_negated: bool
    rules: tuple[Entry, ...]
    is_met: bool
    asks_approval: bool

    @property
    def is_pending_approval(self) -> bool:
        return self.asks_approval and not self.is_met

    @property
    def literal(self) -> Literal:
        return Literal(Atom(self.name, tuple(decoded(value) for value in self.row)), self.is_negated)


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything a verdict is written from. `evaluation` is None if the question could not be put at all."""

    outcome: Outcome
    action: str
    bearer: str
    norms: Norms
    obligations: tuple[Obligation, ...]
    missing: dict[str, set[str]]
    errors: tuple[str, ...]
    evaluation: Evaluation | None

    @property
    def is_sound(self) -> bool:
        return not self.errors and not self.missing


def answered(book: Book, *, facts: Facts, action: str, at: datetime, bearer: str) -> Answer:
    """The answer without its words."""
    problems = [*facts.problems, *book.problems]
    if type(action) is not str or not action or is_glob(action):
        problems.append("The action has no name.")
        action = action if type(action) is str else ""
    if at.tzinfo is None:
        problems.append("The moment of the question has no time zone.")
    if problems:
        return _refused(action, bearer, problems)
    evaluation = Evaluation(book, facts, action=action, at=at, bearer=bearer)
    contrary = evaluation.given.contradictions()
    if contrary:
        return _refused(action, bearer, [f"The facts say that {name} holds and that it does not." for name in contrary])
    try:
        return _asked(evaluation)
    except (TooMuch, RecursionError):
        return _refused(
            action, bearer, ["This is too much to decide: the rules hang together too widely or too deeply."]
        )


def _asked(evaluation: Evaluation) -> Answer:
    action = evaluation.action
    norms = evaluation.norms(action, ())
    goals = {("approved", row) for row in _approvals(evaluation)}
    goals |= _duties(evaluation)
    obligations = [each for goal in sorted(goals, key=repr) for each in _obligations(evaluation, *goal)]
    court = evaluation.court
    return Answer(
        outcome=_outcome(evaluation, norms, obligations),
        action=action,
        bearer=evaluation.bearer,
        norms=norms,
        obligations=tuple(obligations),
        missing=court.missing,
        errors=tuple(sorted(court.errors)),
        evaluation=evaluation,
    )


def _outcome(evaluation: Evaluation, norms: Norms, obligations: list[Obligation]) -> Outcome:
    if evaluation.court.errors or evaluation.court.missing or norms.must_not or not norms.is_permitted:
        return Outcome.DENY
    if any(each.is_pending_approval for each in obligations):
        return Outcome.REQUIRE_APPROVAL
    return Outcome.PERMIT


def _approvals(evaluation: Evaluation) -> set[Row]:
    """The approvals that some rule asks of the action: `approved(action)`, `approved(action, role)`."""
    rows: set[Row] = set()
    action = evaluation.action
    for entry in evaluation.candidates("approved", (action,)):
        if entry.modality is not Modality.OBLIGATION:
            continue
        for place, head in enumerate(entry.heads):
            if head.name != "approved" or head.is_negated or len(head.args) not in (1, 2):
                continue
            wanted = {(action,)} if len(head.args) == 1 else _roles(evaluation, entry, head)
            rows |= {row for row in wanted if evaluation.speaks(entry, place, "approved", row)}
    return rows


def _roles(evaluation: Evaluation, entry: Entry, head: Pattern) -> set[Row]:
    """The `approved(action, role)` that the rule asks for: usually one role, more if the role is a variable."""
    action, (about, role) = evaluation.action, head.args
    start: dict[str, object] = {about.name: action} if isinstance(about, Variable) else {}
    if not isinstance(role, Variable):
        rows = [(action, role)]
    else:
        found = (filled(head.args[1:], binding) for binding in evaluation.bindings(entry, start))
        rows = [(action, row[0]) for row in found if row is not None]
    return {row for row in rows if evaluation.covered(head, "approved", row) is not None}


def _duties(evaluation: Evaluation) -> set[tuple[str, Row]]:
    """What the rules that name the action oblige to, and the repairs of norms about it."""
    goals: set[tuple[str, Row]] = set()
    action = evaluation.action
    named = evaluation.live(evaluation.book.naming(action=action, source=evaluation.given))
    about = [entry for entry in evaluation.candidates(action, ()) if len(entry.heads) > 1]
    for entry in {*named, *about}:
        if entry.modality is not Modality.OBLIGATION:
            continue
        for binding in evaluation.bindings(entry, {}):
            for head in entry.heads:
                row = filled(head.args, binding)
                if row is not None and not _is_own(head.name, row, action):
                    goals.add((head.name, row))
    return goals


def _is_own(name: str, row: Row, action: str) -> bool:
    """Whether it is asked already, as a norm on the action or an approval of it, or is a glob that covers nothing here."""
    if name == "approved" and row:
        return row[0] == action or (isinstance(row[0], str) and is_glob(row[0]))
    return (name == action and not row) or is_glob(name)


def _obligations(evaluation: Evaluation, name: str, row: Row) -> list[Obligation]:
    norms = evaluation.norms(name, row)
    asks_approval = name == "approved" and row[:1] == (evaluation.action,) and len(row) <= 2
    is_so = evaluation.given.holds(name, row, False) if asks_approval else evaluation.tags(name, row).is_true
    found = [Obligation(name, row, False, norms.must, is_so, asks_approval)] if norms.must else []
    return [*found, Obligation(name, row, True, norms.must_not, not is_so, False)] if norms.must_not else found


def _refused(action: str, bearer: str, problems: list[str]) -> Answer:
    return Answer(Outcome.DENY, action, bearer, Norms(), (), {}, tuple(sorted(set(problems))), None)
