"""What a piece of work used, as its agent reports it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Final

from billing.budgets.amounts import EXACT, PLACES, UNLIMITED
from governance.errors import Invalid

_STEP: Final = Decimal(1).scaleb(-PLACES)
_HOUR: Final = Decimal(3600)


class BadUsage(Invalid):
    """A report that cannot be: negative, endless, not a number."""

    code = "bad_usage"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one model read and wrote. Raises `BadUsage`."""

    input_tokens: int | None
    output_tokens: int | None

    def __post_init__(self) -> None:
        for name in ("input_tokens", "output_tokens"):
            _demand(name, getattr(self, name), int)


@dataclass(frozen=True, slots=True)
class Usage:
    """None is unknown and never 0. Raises `BadUsage` for what cannot be.

    `by_model`: several models worked, each with its own tokens; `input_tokens` and `output_tokens` are then the sums.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str = ""
    compute_seconds: Decimal | None = None
    api_calls: int | None = None
    by_model: Mapping[str, Tokens] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("input_tokens", "output_tokens", "compute_seconds", "api_calls"):
            _demand(name, getattr(self, name), Decimal if name == "compute_seconds" else int)

    def measures(self) -> Iterator[tuple[str, str, Decimal | None]]:
        """What a price table prices: measure, model, and how much of it."""
        for model, tokens in (self.by_model or {self.model: Tokens(self.input_tokens, self.output_tokens)}).items():
            yield "input_tokens", model, _decimal(tokens.input_tokens)
            yield "output_tokens", model, _decimal(tokens.output_tokens)
        yield "compute_seconds", self.model, self.compute_seconds
        yield "api_calls", self.model, _decimal(self.api_calls)

    def amounts(self) -> dict[str, Decimal]:
        """What is known, by budget type, dollars aside: tokens, hours (rounded up), calls."""
        found = {}
        if self.input_tokens is not None and self.output_tokens is not None:
            found["llm_tokens"] = Decimal(self.input_tokens + self.output_tokens)
        if self.compute_seconds is not None:
            found["compute_hours"] = rounded_up(self.compute_seconds / _HOUR)
        if self.api_calls is not None:
            found["api_calls"] = Decimal(self.api_calls)
        return found


def of_models(
    tokens: Mapping[str, Tokens], *, compute_seconds: Decimal | None = None, api_calls: int | None = None
) -> Usage:
    """What several models used, each with its own tokens; a sum is unknown where one of its parts is. Raises `BadUsage`."""
    return Usage(
        input_tokens=_sum(one.input_tokens for one in tokens.values()),
        output_tokens=_sum(one.output_tokens for one in tokens.values()),
        compute_seconds=compute_seconds,
        api_calls=api_calls,
        by_model=tokens,
    )


def _sum(parts: Iterable[int | None]) -> int | None:
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def rounded_up(amount: Decimal) -> Decimal:
    """To the millionth, in the budget's favour."""
    return amount.quantize(_STEP, rounding=ROUND_UP, context=EXACT)


def _demand(name: str, value: object, kind: type[int] | type[Decimal]) -> None:
    if value is None:
        return
    is_fine = isinstance(value, kind) and not isinstance(value, bool) and Decimal(value).is_finite()
    if not (is_fine and 0 <= value <= UNLIMITED):  # type: ignore[operator]
        raise BadUsage(f"{name} must be unknown or a finite number from 0 on.", problems=((f"/{name}", "cannot be"),))


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
