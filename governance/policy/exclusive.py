"""Whether two rules can ever apply to the same question: their bodies, their validity and their bearers are compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from governance.policy.comparisons import bound
from governance.policy.entries import Entry
from governance.policy.globs import covers, is_glob
from governance.policy.terms import Compares, Holds, Literal, Modality, Variable
from governance.policy.values import KINDS

Bound = tuple[str, object]


def are_exclusive(one: Entry, other: Entry) -> bool:
    """Whether it is certain that the two never apply together."""
    return (
        _never_meet(one, other)
        or _never_same_bearer(one.rule.bearer, other.rule.bearer)
        or _contradict(one, other)
        or _disjoint(one, other)
    )


def meet(*, one: str, other: str) -> bool:
    """Whether some text is covered by both globs. Time grows with the product of their lengths."""
    if not is_glob(one):
        return covers(glob=other, text=one)
    if not is_glob(other):
        return covers(glob=one, text=other)
    row = [True] + [False] * len(other)
    for at, sign in enumerate(other):
        row[at + 1] = row[at] and sign == "*"
    for mine in one:
        following = [row[0] and mine == "*"]
        for at, sign in enumerate(other):
            if mine == "*" or sign == "*":
                following.append(row[at + 1] or following[at] or (row[at] and mine == sign))
            else:
                following.append(row[at] and mine == sign)
        row = following
    return row[-1]


def _never_meet(one: Entry, other: Entry) -> bool:
    first, second = one.rule, other.rule
    return (
        first.valid_until is not None and second.valid_from is not None and first.valid_until <= second.valid_from
    ) or (second.valid_until is not None and first.valid_from is not None and second.valid_until <= first.valid_from)


def _never_same_bearer(one: str, other: str) -> bool:
    return bool(one and other) and not meet(one=one, other=other)


def _contradict(one: Entry, other: Entry) -> bool:
    mine, theirs = _holds(one), _holds(other)
    small, large = (mine, theirs) if len(mine) <= len(theirs) else (theirs, mine)
    return any(opposite in large for each in small for opposite in _opposites(each))


def _holds(entry: Entry) -> set[Holds]:
    return {
        condition
        for condition in entry.rule.body
        if isinstance(condition, Holds) and not _has_variable(condition.literal)
    }


def _has_variable(literal: Literal) -> bool:
    return any(isinstance(term, Variable) for term in literal.atom.args)


def _opposites(holds: Holds) -> Iterable[Holds]:
    literal, modality, is_absent = holds.literal, holds.modality, holds.is_absent
    yield Holds(literal, modality, not is_absent)
    if modality is Modality.FACT and not is_absent:
        yield Holds(literal.complement, modality, False)


def _disjoint(one: Entry, other: Entry) -> bool:
    """Whether the comparisons of a fact with constants cannot all be true."""
    mine, theirs = bounds(one), bounds(other)
    shared = mine.keys() & theirs.keys()
    return any(not _satisfiable(mine[name] + theirs[name]) for name in shared)


def bounds(entry: Entry) -> dict[str, list[Bound]]:
    """The comparisons of facts with constants, by fact."""
    found: dict[str, list[Bound]] = {}
    for condition in entry.rule.body:
        one = bound(condition) if isinstance(condition, Compares) else None
        if one is not None:
            found.setdefault(one[0], []).append((one[1], one[2]))
    return found


def _satisfiable(found: list[Bound]) -> bool:
    if len({KINDS.get(type(value), "") for _, value in found}) > 1:
        return False
    constants: list[Any] = [value for sign, value in found if sign == "=="]
    if constants:
        first = constants[0]
        return all(_is_met(first, sign, value) for sign, value in found)
    lows: list[Any] = [(value, sign == ">") for sign, value in found if sign in (">", ">=")]
    highs: list[Any] = [(value, sign == "<") for sign, value in found if sign in ("<", "<=")]
    for low, is_open in lows:
        for high, is_open_too in highs:
            if low > high or (low == high and (is_open or is_open_too)):
                return False
    return True


def _is_met(constant: Any, sign: str, value: Any) -> bool:
    if sign in ("==", "!="):
        return (constant == value) is (sign == "==")
    try:
        return bool(
            {"<": constant.__lt__, "<=": constant.__le__, ">": constant.__gt__, ">=": constant.__ge__}[sign](value)
        )
    except (AttributeError, KeyError):
        return True
