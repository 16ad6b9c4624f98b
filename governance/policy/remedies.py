"""What would make the action pass: changes of one fact, or one approval, each of them tried by asking again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from governance.policy.answer import Answer, answered
from governance.policy.book import Book
from governance.policy.comparisons import bound
from governance.policy.entries import Entry, Need, pattern_of
from governance.policy.evaluation import Evaluation
from governance.policy.facts import Facts, Row
from governance.policy.terms import Compares, Condition, Holds, Modality
from governance.policy.values import FALSE, KINDS, TRUE, Scalar, Unreadable, decoded
from governance.policy.verdict import Outcome
from governance.policy.words import COMPARED, norm_words, value_words

MOST_TRIED = 12
MOST_KEPT = 5
MOST_PERMISSIONS = 50
"""With more norms about one action, only those are looked at whose equalities hold already."""

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the facts, in words, and the outcomes that count as an improvement."""

    sentence: str
    facts: Facts
    enough: tuple[Outcome, ...]


def remedies(book: Book, *, answer: Answer, facts: Facts, at: datetime) -> tuple[str, ...]:
    """At most five changes of which any single one leads on; nothing for a permitted action or one with errors."""
    evaluation = answer.evaluation
    if answer.outcome is Outcome.PERMIT or answer.errors or evaluation is None:
        return ()
    kept: list[str] = []
    seen: set[str] = set()
    for change in _changes(answer, evaluation, facts):
        if change.sentence in seen:
            continue
        seen.add(change.sentence)
        if len(kept) == MOST_KEPT or len(seen) > MOST_TRIED:
            break
        tried = answered(book, facts=change.facts, action=answer.action, at=at, bearer=answer.bearer)
        if tried.outcome in change.enough:
            kept.append(change.sentence)
    return tuple(kept)


def _changes(answer: Answer, evaluation: Evaluation, facts: Facts) -> Iterator[Change]:
    passes: tuple[Outcome, ...] = (Outcome.PERMIT, Outcome.REQUIRE_APPROVAL)
    if answer.outcome is Outcome.REQUIRE_APPROVAL:
        yield from _approvals(answer, facts, passes)
        passes = (Outcome.PERMIT,)
    for entry in _against(answer, evaluation):
        for condition in entry.rule.body:
            yield from _changed(condition, False, evaluation, facts, passes)
            if not answer.is_sound:
                yield from _changed(condition, True, evaluation, facts, passes)
    if answer.is_sound and not answer.norms.is_permitted:
        for condition in _nearly(evaluation):
            yield from _changed(condition, True, evaluation, facts, passes)


def _approvals(answer: Answer, facts: Facts, passes: tuple[Outcome, ...]) -> Iterator[Change]:
    for each in answer.obligations:
        if each.is_pending_approval:
            who = str(each.row[1]) if len(each.row) > 1 else "somebody"
            changed = facts.with_row("approved", each.row, is_negated=False, is_there=True)
            yield Change(f"{who} approves {answer.action}", changed, passes)


def _against(answer: Answer, evaluation: Evaluation) -> list[Entry]:
    """The rules that stand in the way: stuck ones, else those that forbid, else those that want an approval."""
    if not answer.is_sound:
        found = list(evaluation.court.troubled)
    elif answer.outcome is Outcome.REQUIRE_APPROVAL:
        found = [entry for each in answer.obligations if each.is_pending_approval for entry in each.rules]
    else:
        found = list(answer.norms.must_not)
    return sorted(dict.fromkeys(found), key=lambda entry: (-entry.weight, entry.id))


def _nearly(evaluation: Evaluation) -> Iterator[Condition]:
    """The one condition each that keeps permissive rules from applying."""
    action = evaluation.action
    few = evaluation.book.permissions(action=action, most=MOST_PERMISSIONS)
    for entry in evaluation.live(few) if few else evaluation.candidates(action, ()):
        if entry.modality is not Modality.PERMISSION or entry.broken or not entry.is_supportive:
            continue
        failing = _failing(entry, evaluation)
        if failing is not None and (few or not _is_slot(failing)):
            yield failing


def _is_slot(condition: Condition) -> bool:
    """Whether the index may have left rules out by this condition."""
    found = bound(condition) if isinstance(condition, Compares) else None
    return isinstance(condition, Holds) or (found is not None and found[1] == "==")


def _failing(entry: Entry, evaluation: Evaluation) -> Condition | None:
    """The condition without variables that is not true, if there is exactly one."""
    failing: Condition | None = None
    for test, condition in entry.tests:
        if test(evaluation.values, {}, evaluation.groups) is not True:
            if failing is not None:
                return None
            failing = condition
    for need in entry.needs:
        if not _holds(need, evaluation):
            if failing is not None:
                return None
            failing = need.condition
    return failing


def _holds(need: Need, evaluation: Evaluation) -> bool:
    if need.modality is not Modality.FACT:
        return True
    row: Row = need.pattern.args  # type: ignore[assignment]
    return evaluation.given.holds(need.pattern.name, row, need.pattern.is_negated) is not need.is_absent


def _changed(
    condition: Condition, wanted: bool, evaluation: Evaluation, facts: Facts, passes: tuple[Outcome, ...]
) -> Iterator[Change]:
    """The change that makes the condition true, or false, if a person could make it."""
    if isinstance(condition, Holds):
        if condition.modality is Modality.FACT:
            yield from _literal(condition, wanted is not condition.is_absent, evaluation, facts, passes)
        return
    found = bound(condition) if isinstance(condition, Compares) else None
    if found is None or found[0] == "action":
        return
    name, sign, constant = found
    sign = sign if wanted else _OPPOSITE.get(sign, sign)
    value = _value(sign, constant)
    if value is None:
        return
    now = evaluation.given.value(name)
    current = (
        "not known" if now is None else f"now {'a list' if isinstance(now, Unreadable) else value_words(decoded(now))}"
    )
    yield Change(
        f"{name} {COMPARED.get(sign, sign)} {value_words(decoded(constant))} ({current})",
        facts.with_value(name, value),
        passes,
    )


def _value(sign: str, constant: Any) -> Scalar | None:
    """A value that the comparison accepts, as near to the constant as it can be."""
    kind = KINDS.get(type(constant), "")
    if sign in ("==", "<=", ">="):
        return constant
    if kind == "truth value":
        return FALSE if constant is TRUE else TRUE
    if kind == "number":
        step = 1 if isinstance(constant, int) else Decimal((0, (1,), min(0, int(constant.as_tuple().exponent))))
        return constant - step if sign == "<" else constant + step
    return f"other than {constant}" if sign == "!=" else None


def _literal(
    condition: Holds, is_there: bool, evaluation: Evaluation, facts: Facts, passes: tuple[Outcome, ...]
) -> Iterator[Change]:
    pattern = pattern_of(condition.literal)
    if not pattern.is_ground or pattern.name in (evaluation.action, "action"):
        return
    row: Row = pattern.args  # type: ignore[assignment]
    if not is_there and row not in facts.rows.get((pattern.name, pattern.is_negated), ()):
        return
    said = norm_words(condition.literal if is_there else condition.literal.complement, Modality.FACT)
    if is_there or row:
        changed = facts.with_row(pattern.name, row, is_negated=pattern.is_negated, is_there=is_there)
    else:
        # of a bare name the sentence says that the contrary holds, not that nobody knows
        changed = facts.with_row(pattern.name, row, is_negated=not pattern.is_negated, is_there=True)
    yield Change(said, changed, passes)
