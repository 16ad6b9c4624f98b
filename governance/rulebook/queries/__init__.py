"""What pages, API and verbs read of the rulebook. Every function demands a scope."""

from governance.rulebook.queries.asking import RuleRow, book_under, preview, preview_many, rules_in_force
from governance.rulebook.question import Question

__all__ = ["Question", "RuleRow", "book_under", "preview", "preview_many", "rules_in_force"]
