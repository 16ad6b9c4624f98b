"""Bodies with variables: every assignment under which the positive literals hold and no comparison is false."""

from __future__ import annotations

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
    """One assignment, and what could not be known under it."""

    values: dict[str, object]
    unknown: list[Unknown]


def joined(evaluation: Evaluation, entry: Entry, start: dict[str, object]) -> list[Bindings]:
    """Certain literals bind first, then concluded ones; what cannot bind (`not p(X)`, `[O] p(X)`) is asked last."""
    found = [Bindings(dict(start), [])]
    tests = list(entry.open_tests)
    binds: list[Need] = []
    asks: list[Need] = []
    for need in entry.open_needs:
        (asks if need.is_absent or need.modality is not Modality.FACT else binds).append(need)
    waiting = sorted(binds, key=lambda need: (need.pattern.name in evaluation.uncertain, repr(need.pattern)))
    found = _tested(evaluation, found, tests)
    while waiting and found:
        need = _next(evaluation, waiting, found[0].values)
        waiting.remove(need)
        found = _tested(evaluation, _bound(evaluation, need, found), tests)
    for need in asks if found else ():
        found = _asked(evaluation, need, found)
    return [_last(evaluation, each, tests) for each in found]


def _next(evaluation: Evaluation, waiting: list[Need], values: dict[str, object]) -> Need:
    """Certain literals first, and of those the one with the fewest open variables."""

    def cost(need: Need) -> tuple[bool, int]:
        still = sum(isinstance(arg, Variable) and arg.name not in values for arg in need.pattern.args)
        return need.pattern.name in evaluation.uncertain, still

    return min(waiting, key=cost)


def _bound(evaluation: Evaluation, need: Need, found: list[Bindings]) -> list[Bindings]:
    pattern = need.pattern
    if pattern.name in evaluation.given.opaque:
        unknown = Unknown(error=f"{pattern.name} is {evaluation.given.opaque[pattern.name]}")
        return [Bindings(each.values, [*each.unknown, unknown]) for each in found]
    is_derived = pattern.name in evaluation.derived
    result = []
    for each in found:
        args = tuple(_value(arg, each.values) for arg in pattern.args)
        if not any(isinstance(arg, Variable) for arg in args):
            rows: list[Row] = [args]  # type: ignore[list-item]
        else:
            rows = evaluation.rows_of(pattern.name, pattern.is_negated, args)
        for row in rows:
            evaluation.step()
            values = _extended(args, row, each.values)
            if values is None:
                continue
            if is_derived:
                if evaluation.ask(need, row)[0] is not True:
                    continue
            elif not evaluation.given.holds(pattern.name, row, pattern.is_negated):
                continue
            result.append(Bindings(values, each.unknown))
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
            result.append(Bindings(each.values, [*each.unknown, unknown]))
            continue
        answer, _ = evaluation.ask(need, args)  # type: ignore[arg-type]
        if answer is True:
            result.append(each)
        elif answer is not False:
            result.append(Bindings(each.values, [*each.unknown, answer]))
    return result


def _last(evaluation: Evaluation, each: Bindings, tests: list[OpenTest]) -> Bindings:
    _passes(evaluation, each, tests)
    return each
