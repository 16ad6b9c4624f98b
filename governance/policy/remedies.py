"""What would make the action pass: single changes, each of them tried."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from governance.policy.book import Book
from governance.policy.facts import Facts

if TYPE_CHECKING:
    from governance.policy.decide import Answer


def remedies(book: Book, *, answer: Answer, facts: Facts, at: datetime) -> tuple[str, ...]:
    """At most five changes of which any single one leads on; nothing for a permitted action."""
    return ()
