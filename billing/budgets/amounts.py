"""Amounts of money and of other things: exact decimals, and the texts that are stored and signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from billing.budgets.kinds import TYPES, unit_of
from governance.errors import Invalid

WHOLE_DIGITS: Final = 18
PLACES: Final = 6
UNLIMITED: Final = Decimal(10**WHOLE_DIGITS - 1)
"""The total of a budget that only counts."""
EXACT: Final = Context(prec=64)
"""No amount that can come about is rounded by it."""


class BadAmount(Invalid):
    """Not an amount that can be set aside, charged or granted."""

    code = "bad_amount"


def checked(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What may be set aside: at least one known type, each above zero. Raises `BadAmount`."""
    if not amounts:
        raise BadAmount("Say how much is to be set aside, of at least one type.", problems=(("/amounts", "is empty"),))
    return {name: exact(value, name=name) for name, value in amounts.items()}


def exact(value: Any, *, name: str, least: Decimal | None = None) -> Decimal:
    """`value`, once it is a finite decimal above zero (from `least` on, where given) that the columns can hold.

    Raises `BadAmount`.
    """
    if name not in TYPES:
        _refuse(name, f"There is no budget type {name!r}; there are {', '.join(TYPES)}.")
    if not isinstance(value, Decimal) or not value.is_finite():
        _refuse(name, f"The amount of {name} is not a finite decimal number. Give one, such as 0.25.")
    if value < least if least is not None else value <= 0:
        _refuse(
            name, f"The amount of {name} must be {'at least ' + text(least) if least is not None else 'above zero'}."
        )
    if len(value.as_tuple().digits) > EXACT.prec or value.adjusted() >= WHOLE_DIGITS or _places(value) > PLACES:
        _refuse(
            name,
            f"The amount of {name} has more than {WHOLE_DIGITS} digits before or {PLACES} after the point. Round it.",
        )
    return value


def text(amount: Decimal) -> str:
    """The one way an amount is written where it is stored or signed: no exponent, no needless zeros."""
    plain = format(amount, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: text(amount) for name, amount in sorted(amounts.items())}


def read(stored: Mapping[str, str] | None) -> dict[str, Decimal]:
    """Amounts as they were stored."""
    return {name: Decimal(value) for name, value in (stored or {}).items()}


def said(name: str, amount: Decimal) -> str:
    """An amount as people read it: `12.50 USD`, `1,200 LLM tokens`."""
    return f"{plain(name, amount)} {unit_of(name, amount)}"


def plain(name: str, amount: Decimal) -> str:
    """An amount as people read it, without its unit."""
    shown = amount.normalize(EXACT)
    return f"{amount:,.2f}" if name == "usd_budget" and _places(shown) <= 2 else f"{Decimal(text(shown)):,f}"


def about(name: str, amount: Decimal) -> str:
    """An amount for the eye, without its unit: cents, whole tokens, hundredths of hours; what is less has two digits."""
    step = _STEPS[name]
    fine = step if amount >= step or not amount else Decimal(1).scaleb(amount.adjusted() - 1)
    return plain(name, amount.quantize(fine, ROUND_HALF_UP))


def at_least(name: str, amount: Decimal) -> str:
    """`said`, without the digits that nobody reads: rounded down, so that no more is promised than there is."""
    step = _STEPS[name]
    return said(name, amount.quantize(step, ROUND_DOWN) if amount >= step else amount)


def roughly(amounts: Mapping[str, Decimal]) -> str:
    """Amounts in one line for people: `under 0.01 USD, 400 LLM tokens`. What is zero is left out; "nothing" where all is."""
    there = sorted((name for name, amount in amounts.items() if amount), key=lambda name: (name != "usd_budget", name))
    return ", ".join(_roughly(name, amounts[name]) for name in there) or "nothing"


def _roughly(name: str, amount: Decimal) -> str:
    step = _STEPS[name]
    words = f"under {plain(name, step)}" if amount < step else about(name, amount)
    return f"{words} {unit_of(name, max(amount, step))}"


_CENT: Final = Decimal("0.01")
_STEPS: Final = {
    "llm_tokens": Decimal(1),
    "api_calls": Decimal(1),
    "compute_hours": _CENT,
    "storage_gb": _CENT,
    "usd_budget": _CENT,
}


def _places(value: Decimal) -> int:
    exponent = value.normalize(EXACT).as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _refuse(name: str, sentence: str) -> None:
    raise BadAmount(sentence, problems=((f"/amounts/{name}", "is not an amount"),))
