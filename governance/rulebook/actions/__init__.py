"""The rulebook's verbs."""

from governance.rulebook.actions.deciding import (
    MOST_AT_ONCE,
    Decided,
    TooMany,
    decide,
    decide_here,
    decide_many,
    decide_within,
)
from governance.rulebook.actions.sealing import seal_due

__all__ = ["MOST_AT_ONCE", "Decided", "TooMany", "decide", "decide_here", "decide_many", "decide_within", "seal_due"]
