"""Literals with variables against literals without: under which values they are the same."""

from __future__ import annotations

from governance.policy.entries import Pattern
from governance.policy.facts import Row
from governance.policy.globs import covers, is_glob
from governance.policy.terms import Variable
from governance.policy.values import Scalar


def filled(args: tuple[Scalar | Variable, ...], binding: dict[str, object]) -> Row | None:
    """The arguments with their variables replaced; None if one has no value."""
    row = tuple(binding.get(arg.name) if isinstance(arg, Variable) else arg for arg in args)
    return None if None in row else row  # type: ignore[return-value]


def unified(args: tuple[Scalar | Variable, ...], row: Row) -> dict[str, object] | None:
    if len(args) != len(row):
        return None
    binding: dict[str, object] = {}
    for arg, value in zip(args, row, strict=True):
        if isinstance(arg, Variable):
            if binding.setdefault(arg.name, value) != value:
                return None
        elif arg != value:
            return None
    return binding


def narrowed(args: tuple[Scalar | Variable, ...], wanted: tuple[Scalar | Variable, ...]) -> dict[str, object] | None:
    binding: dict[str, object] = {}
    for arg, value in zip(args, wanted, strict=True):
        if isinstance(value, Variable):
            continue
        if isinstance(arg, Variable):
            if binding.setdefault(arg.name, value) != value:
                return None
        elif arg != value:
            return None
    return binding


def approves(head: Pattern, row: Row) -> dict[str, object] | None:
    """`approved(payroll.*)` covers its actions; an exception for the action as a whole covers every role."""
    args = head.args
    if head.is_negated and len(args) == 1 and len(row) == 2:
        row = row[:1]
    if len(args) != len(row):
        return None
    first = args[0]
    if isinstance(first, str) and is_glob(first) and isinstance(row[0], str):
        return unified(args[1:], row[1:]) if covers(glob=first, text=row[0]) else None
    return unified(args, row)
