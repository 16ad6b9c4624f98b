"""The price table as it was at a moment: what each measure cost, what it cost before, and what is coming."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from billing.budgets.models import Measure
from billing.budgets.queries import PriceLine, prices
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Priced:
    """One measure and model. `now` is None before its first price began; `past` and `coming` are nearest first."""

    measure: str
    model: str
    now: PriceLine | None
    past: tuple[PriceLine, ...]
    coming: tuple[PriceLine, ...]

    @property
    def label(self) -> str:
        return str(Measure(self.measure).label)

    @property
    def million(self) -> str:
        """What a million of it costs, where that is how people say it."""
        is_token = self.measure in (Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS)
        return f"{self.now.usd * 1_000_000:,.2f}" if self.now is not None and is_token else ""


@dataclass(frozen=True, slots=True)
class Table:
    """`missing` are the measures without a price for every model: what is used of them charges the whole hold."""

    rows: tuple[Priced, ...]
    missing: tuple[str, ...]


USED = (Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS, Measure.COMPUTE_SECONDS, Measure.API_CALLS)


def table(*, scope: Scope, at: datetime) -> Table:
    """The tenant's prices at a moment; one query."""
    lines = prices(scope=scope)
    rows = tuple(
        _priced(key, list(group), at=at) for key, group in groupby(lines, lambda one: (one.measure, one.model))
    )
    priced = {row.measure for row in rows if row.now is not None and not row.model}
    return Table(rows, tuple(str(measure.label) for measure in USED if measure not in priced))


def _priced(key: tuple[str, str], lines: list[PriceLine], *, at: datetime) -> Priced:
    """Of lines of one measure and model, the newest first."""
    begun = [line for line in lines if line.from_at <= at]
    coming = [line for line in reversed(lines) if line.from_at > at]
    return Priced(*key, now=begun[0] if begun else None, past=tuple(begun[1:]), coming=tuple(coming))
