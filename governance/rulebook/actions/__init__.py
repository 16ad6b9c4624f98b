"""The rulebook's verbs."""

from governance.rulebook.actions.deciding import Decided, TooMany, decide, decide_many, decide_within
from governance.rulebook.actions.sealing import seal_due

__all__ = ["Decided", "TooMany", "decide", "decide_many", "decide_within", "seal_due"]
