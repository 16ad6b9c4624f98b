"""A result's moves as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from governance.exports.table import Column, Row, as_csv

_FIGURES: Final = ("success", "cost_usd", "stars")
_COLUMNS: Final = (
    *("from", "to", "count", "unjudged", "with_history", "unknown"),
    *(f"before_{name}" for name in _FIGURES),
    *(f"after_{name}{end}" for name in _FIGURES for end in ("", "_low", "_high")),
)


def moves_csv(result: Mapping[str, Any]) -> bytes:
    """One row a move; nothing known is an empty cell, nobody an empty name."""
    rows = [Row(_cells(move)) for move in result["moves"]]
    return b"".join(as_csv(map(Column, _COLUMNS), rows))


def _cells(move: Mapping[str, Any]) -> dict[str, Any]:
    cells = {name: move[name] for name in ("from", "to", "count", "unjudged", "with_history", "unknown")}
    for name in _FIGURES:
        before, after = move["before"][name], move["after"][name]
        cells[f"before_{name}"] = before["value"] if before else None
        for end, key in (("", "value"), ("_low", "low"), ("_high", "high")):
            cells[f"after_{name}{end}"] = after[key] if after else None
    return cells
