"""Values as the engine compares them: texts, exact numbers, truth values; and what a condition says when it cannot know."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from governance.policy.terms import Constant

LARGEST_EXPONENT = 400
"""Numbers stay below 10^400 and have at most 400 digits after the point, so that exact arithmetic stays cheap."""

MOST_BITS = 8192


class Truth:
    """A truth value as a key: Python takes True for 1, rules do not."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        return self.word


TRUE, FALSE = Truth("true"), Truth("false")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that is there but is no single text, number or truth value; `reason` completes "amount is …"."""

    reason: str


Scalar = str | int | Decimal | Truth
Value = Scalar | Unreadable
Number = int | Decimal | Fraction

KINDS: dict[type, str] = {str: "text", int: "number", Decimal: "number", Fraction: "number", Truth: "truth value"}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a condition is neither true nor false: facts that are missing, or a sentence about what went wrong."""

    missing: tuple[str, ...] = ()
    error: str = ""


def encoded(constant: Constant) -> Scalar:
    """The constant as a key."""
    if constant is True:
        return TRUE
    if constant is False:
        return FALSE
    return constant


def decoded(value: Scalar) -> Constant:
    """The constant of a key."""
    return value is TRUE if isinstance(value, Truth) else value


def is_small(number: int | Decimal) -> bool:
    """Whether the number is finite and within the bounds."""
    if isinstance(number, Decimal):
        if not number.is_finite():
            return False
        exponent = int(number.as_tuple().exponent)
        return exponent >= -LARGEST_EXPONENT and number.adjusted() <= LARGEST_EXPONENT
    return number.bit_length() <= LARGEST_EXPONENT * 3


def shown(value: object) -> str:
    """A value as a person writes it: 700, 0.5, auditor, true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Fraction):
        return shown(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    return str(value)
