"""What would make a verdict pass, and the fact that a form can set for it. Pure.

Reads the sentences of `policy.remedies`; one that it cannot read stays words without a button.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from governance.policy.words import COMPARED
from governance.rulebook.typed import text_of

_NAME: Final = r"[^\W\d_][\w.\-/:]*"
_SIGNS: Final = {words: sign for sign, words in COMPARED.items()}
_COMPARISON: Final = re.compile(
    rf'({_NAME}) ({"|".join(sorted(_SIGNS, key=len, reverse=True))}) ("[^"]*"|\S+) \((?:now .*|not known)\)'
)
_LITERAL: Final = re.compile(rf"({_NAME})(?:\(([^(),]*)\))? (holds|does not hold)")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_STEP: Final = {"<": -1, ">": 1}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that would do. `name` and `value` (as a form holds it) are set where it is one fact that one can set."""

    text: str
    name: str = ""
    value: str = ""


def remedy_of(text: str) -> Remedy:
    """Read `amount is at most 500 (now 900)`, `country is DE (not known)`, `vip holds` or `banned does not hold`."""
    if found := _COMPARISON.fullmatch(text):
        return Remedy(text, found[1], _value(_SIGNS[found[2]], found[3])) if _SIGNS[found[2]] != "!=" else Remedy(text)
    if found := _LITERAL.fullmatch(text):
        does = found[3] == "holds"
        if found[2]:
            return Remedy(text, found[1], found[2]) if does else Remedy(text)
        return Remedy(text, found[1], text_of(does))
    return Remedy(text)


def _value(sign: str, constant: str) -> str:
    if sign in _STEP and _NUMBER.fullmatch(constant):
        # the nearest step past the bound, as `policy.remedies` tried it
        number = Decimal(constant)
        exponent = number.as_tuple().exponent
        return str(number + _STEP[sign] * Decimal((0, (1,), min(0, int(exponent)))))
    return constant.strip('"')
