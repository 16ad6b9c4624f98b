"""What would make a verdict pass, and the fact that a form can set for it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NAME = r"[A-Za-z][\w.\-/:]*"
_COMPARISON = re.compile(rf'({_NAME}) (==|<=|>=|<|>) (-?\d+(?:\.\d+)?|"[^"]*"|true|false)')
_LITERAL = re.compile(rf"(not |~)?({_NAME})(?:\(([^(),]*)\))?")
_STEP = {"<": Decimal(-1), ">": Decimal(1)}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that would do. `name` and `value` (as a form holds it) are set where it is one fact that one can set."""

    text: str
    name: str = ""
    value: str = ""


def remedy_of(text: str) -> Remedy:
    """Read `amount <= 500`, `country == "DE"`, `vip`, `~vip` or `not vip`; anything else stays words."""
    if found := _COMPARISON.fullmatch(text):
        return Remedy(text, found[1], _value(found[2], found[3]))
    if (found := _LITERAL.fullmatch(text)) and not (found[1] and found[3]):
        return Remedy(text, found[2], found[3] or ("false" if found[1] else "true"))
    return Remedy(text)


def _value(operator: str, constant: str) -> str:
    if operator in _STEP:
        # the nearest whole step past the bound: what a form can hold and a person would type
        return str(Decimal(constant) + _STEP[operator])
    return constant.strip('"')
