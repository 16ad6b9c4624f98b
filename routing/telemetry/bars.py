"""The two charts of the tools page, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from routing.telemetry.queries import SLOW_MS, Figures, timed

MOST: Final = 12


def charts_of(found: Sequence[Figures]) -> dict[str, Any]:
    """Of tools in the order of their error rates: how often the first fail, and how long the slowest take."""
    failing = [one for one in found if one.errors][:MOST]
    slowest = timed(found)[:MOST]
    mark = {"target": SLOW_MS / 1000, "target_name": _("slow: above %(n)s s") % {"n": SLOW_MS // 1000}}
    return {
        "errors_chart": _chart(
            failing,
            [float(one.error_rate) / 100 for one in failing],
            {"name": _("Error rate"), "x_format": ".1%", "colour": "--chart-bad"},
            [f"{one.error_rate} %" for one in failing],
            _("Of the tools that failed, those that fail most often."),
        ),
        "slow_chart": _chart(
            slowest,
            [float(one.avg_ms or 0) / 1000 for one in slowest],
            {"name": _("Average seconds"), "x_format": ".2f", **mark},
            [f"{float(one.avg_ms or 0) / 1000:.2f}" for one in slowest],
            _("How long successful calls take on average, the slowest first."),
        ),
    }


def names_of(tools: Sequence[Figures]) -> list[str]:
    """What bars are called: a tool that two servers have, with its server."""
    counts = Counter(one.tool for one in tools)
    return [one.tool if counts[one.tool] == 1 else f"{one.tool} · {one.server}" for one in tools]


def _chart(
    tools: Sequence[Figures], values: list[float], options: dict[str, Any], words: list[str], summary: str
) -> dict[str, Any]:
    names = names_of(tools)
    rows = [(one.tool, one.server, said) for one, said in zip(tools, words, strict=True)]
    columns = (_("Tool"), _("Server"), options["name"])
    return {"names": names, "values": values, "options": options, "rows": rows, "columns": columns, "summary": summary}
