"""Bodies with variables: every assignment under which the positive literals hold and no comparison is false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.policy.comparisons import Test
from governance.policy.entries import Entry, Need
from governance.policy.facts import Row
from governance.policy.terms import Condition, Modality, Variable
from governance.policy.values import Scalar, Unknown

if TYPE_CHECKING:
    from governance.policy.evaluation import Evaluation


OpenTest = tuple[Test, frozenset[str], Condition]


@dataclass(slots=True)
class Bindings:
    """One assignment, and what could not be known under it. Where one condition fails (`is_out`) the others are still asked."""

    values: dict[str, object]
    unknown: list[Unknown]
    is_out: bool = False


def joined(
    evaluation: Evaluation, entry: Entry, start: dict[str, object], *, ask_ground: Callable[[], bool]
) -> list[Bindings]:
    """What hangs on facts alone decides first which assignments there are; then whatever rules conclude is asked under each.

    `ask_ground` asks the literals without variables. What cannot bind (`not p(X)`, `[O] p(X)`) comes last.
    """
    found = [Bindings(dict(start), [])]
    tests = list(entry.open_tests)
    binds = [need for need in entry.open_needs if not need.is_absent and need.modality is Modality.FACT]
    asks = [need for need in entry.open_needs if need not in binds]
    concluded = sorted((need for need in binds if need.pattern.name in evaluation.uncertain), key=_text)
    certain = sorted((need for need in binds if need not in concluded), key=_text)
    found = _all_bound(evaluation, certain, _tested(evaluation, found, tests), tests)
    for need in [each for each in asks if found and _hangs_on_facts(evaluation, each, found[0].values)]:
        asks.remove(need)
        found = [each for each in _asked(evaluation, need, found) if not each.is_out]
    if not found:
        return []
    if not ask_ground():
        found = [Bindings(each.values, each.unknown, is_out=True) for each in found]
    found = _all_bound(evaluation, concluded, found, tests)
    for need in asks:
        found = _asked(evaluation, need, found)
    return [_last(evaluation, each, tests) for each in found if not each.is_out]


def _text(need: Need) -> str:
    return repr(need.pattern)


def _hangs_on_facts(evaluation: Evaluation, need: Need, values: dict[str, object]) -> bool:
    open_args = [arg for arg in need.pattern.args if isinstance(arg, Variable) and arg.name not in values]
    return need.modality is Modality.FACT and need.pattern.name not in evaluation.uncertain and not open_args


def _all_bound(
    evaluation: Evaluation, waiting: list[Need], found: list[Bindings], tests: list[OpenTest]
) -> list[Bindings]:
    while waiting and found:
        need = _next(waiting, found[0].values)
        waiting.remove(need)
        found = _tested(evaluation, _bound(evaluation, need, found), tests)
    return found


def _next(waiting: list[Need], values: dict[str, object]) -> Need:
    """The one with the fewest open variables."""

    def cost(need: Need) -> int:
        return sum(isinstance(arg, Variable) and arg.name not in values for arg in need.pattern.args)

    return min(waiting, key=cost)


def _bound(evaluation: Evaluation, need: Need, found: list[Bindings]) -> list[Bindings]:
    pattern = need.pattern
    if pattern.name in evaluation.given.opaque:
        unknown = Unknown(error=f"{pattern.name} is {evaluation.given.opaque[pattern.name]}")
        return [Bindings(each.values, [*each.unknown, unknown], each.is_out) for each in found]
    is_derived = pattern.name in evaluation.derived
    result = []
    for each in found:
        args = tuple(_value(arg, each.values) for arg in pattern.args)
        if not any(isinstance(arg, Variable) for arg in args):
            rows: list[Row] = [args]  # type: ignore[list-item]
        elif each.is_out:
            continue
        else:
            rows = evaluation.rows_of(pattern.name, pattern.is_negated, args)
        for row in rows:
            evaluation.step()
            values = _extended(args, row, each.values)
            if values is None:
                continue
            if is_derived:
                is_out = evaluation.ask(need, row)[0] is not True
                result.append(Bindings(values, each.unknown, each.is_out or is_out))
            elif evaluation.given.holds(pattern.name, row, pattern.is_negated):
                result.append(Bindings(values, each.unknown, each.is_out))
    return result


def _value(arg: Scalar | Variable, values: dict[str, object]) -> Scalar | Variable:
    return values.get(arg.name, arg) if isinstance(arg, Variable) else arg  # type: ignore[return-value]


def _extended(args: tuple[Scalar | Variable, ...], row: Row, values: dict[str, object]) -> dict[str, object] | None:
    if len(args) != len(row):
        return None
    more = dict(values)
    for arg, value in zip(args, row, strict=True):
        if isinstance(arg, Variable):
            if more.setdefault(arg.name, value) != value:
                return None
        elif arg != value:
            return None
    return more


def _tested(evaluation: Evaluation, found: list[Bindings], tests: list[OpenTest]) -> list[Bindings]:
    """Apply, and use up, the comparisons whose variables all have values."""
    if not found:
        return found
    ready = [each for each in tests if each[1] <= found[0].values.keys()]
    for each in ready:
        tests.remove(each)
    return [one for one in found if _passes(evaluation, one, ready)]


def _passes(evaluation: Evaluation, one: Bindings, ready: list[OpenTest]) -> bool:
    for test, _, _ in ready:
        answer = test(evaluation.values, one.values, evaluation.groups)
        if answer is False:
            return False
        if answer is not True:
            one.unknown = [*one.unknown, answer]
    return True


def _asked(evaluation: Evaluation, need: Need, found: list[Bindings]) -> list[Bindings]:
    result = []
    for each in found:
        args = tuple(_value(arg, each.values) for arg in need.pattern.args)
        free = next((arg.name for arg in args if isinstance(arg, Variable)), "")
        if free:
            unknown = Unknown(error=f"nothing gives the variable {free} a value")
            result.append(Bindings(each.values, [*each.unknown, unknown], each.is_out))
            continue
        answer, _ = evaluation.ask(need, args)  # type: ignore[arg-type]
        unknown_too = each.unknown if isinstance(answer, bool) else [*each.unknown, answer]
        result.append(Bindings(each.values, unknown_too, each.is_out or answer is False))
    return result


def _last(evaluation: Evaluation, each: Bindings, tests: list[OpenTest]) -> Bindings:
    _passes(evaluation, each, tests)
    return each
