"""May this action happen, and why? Semantics: docs/policy.md section 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from governance.policy.answer import answered
from governance.policy.book import Book
from governance.policy.facts import facts_of
from governance.policy.remedies import remedies
from governance.policy.terms import Literal
from governance.policy.text import literal
from governance.policy.verdict import Verdict
from governance.policy.writeup import written

Facts = Mapping[str, object] | Iterable[Literal | str]


def decide(book: Book, *, facts: Facts, action: str, at: datetime, bearer: str = "") -> Verdict:
    """Whether the action may happen, with the reasons. Never raises on what a caller or a rule may hold: it denies.

    `facts` is a JSON object, or a list of literals (as text, or parsed). `at` is an aware moment.
    """
    read = facts_of(facts, parse=literal)
    answer = answered(book, facts=read, action=action, at=at, bearer=bearer)
    return written(answer, would_pass_if=remedies(book, answer=answer, facts=read, at=at))
