"""Executions as lists, pages and programs read them: under way or done, one shape."""

from routing.executions.queries.lists import (
    OPEN,
    PAGE,
    RATINGS,
    Filter,
    Page,
    executions,
    family,
    hops,
    news,
    page,
)
from routing.executions.queries.rows import Line, demand_visible, lines_of
from routing.executions.queries.whole import Held, Proof, Sealed, Story, Whole, execution, receipt, story

__all__ = [
    "OPEN",
    "PAGE",
    "RATINGS",
    "Filter",
    "Held",
    "Line",
    "Page",
    "Proof",
    "Sealed",
    "Story",
    "Whole",
    "demand_visible",
    "execution",
    "executions",
    "family",
    "hops",
    "lines_of",
    "news",
    "page",
    "receipt",
    "story",
]
