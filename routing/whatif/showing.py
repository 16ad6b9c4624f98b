"""Figures of a result in words, as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

UNKNOWN: Final = "—"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure before and after. `after` is "" where nothing is known; `change` where one of them is missing."""

    label: str
    before: str
    before_n: int
    after: str
    between: str
    n: int
    change: str
    tone: str


def figures_of(block: Mapping[str, Any]) -> list[Figure]:
    """Success, cost and stars of a block with `before` and `after` (and `change`, for all moves together)."""
    return [
        _figure(_("Success"), "success", block, _percent, _points, is_good_up=True),
        _figure(_("Cost of each"), "cost_usd", block, _usd, _usd, is_good_up=False),
        _figure(_("Stars"), "stars", block, _stars, _stars, is_good_up=True),
    ]


def _figure(
    label: str,
    name: str,
    block: Mapping[str, Any],
    said: Callable[[float], str],
    said_change: Callable[[float], str],
    *,
    is_good_up: bool,
) -> Figure:
    before, after = block["before"][name], block["after"][name]
    change = block.get("change", {}).get(name)
    return Figure(
        label=label,
        before=said(before["value"]) if before else UNKNOWN,
        before_n=before["n"] if before else 0,
        after=said(after["value"]) if after else "",
        between=f"{said(after['low'])} – {said(after['high'])}".replace(" USD", "") if after else "",
        n=after["n"] if after else 0,
        change=f"{'+' if change['value'] >= 0 else '−'}{said_change(abs(change['value']))}" if change else "",
        tone=_tone(change, is_good_up=is_good_up),
    )


def _tone(change: Mapping[str, float] | None, *, is_good_up: bool) -> str:
    """Good or bad only where the whole interval lies on one side."""
    if change is None or change["low"] <= 0 <= change["high"]:
        return ""
    return "tighten" if (change["value"] > 0) == is_good_up else "bad"


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _points(share: float) -> str:
    return _("%(points)s points") % {"points": f"{share * 100:.1f}"}


def _usd(amount: float) -> str:
    return f"{amount:.4f} USD"


def _stars(stars: float) -> str:
    return f"{stars:.1f}"
