"""Documents of rules, read once: a law and a constitution with everything a decision takes from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from governance import canonical
from governance.canonical import JSON
from governance.policy.book import Book, book_of
from governance.policy.errors import Finding, NotATheory
from governance.policy.rules import Theory
from governance.policy.text import parse
from governance.rulebook import classes, constitution_rules, house_rules, law_document
from governance.rulebook.kept import Kept
from governance.rulebook.safety import SafetyBudget, budget_of

_BOOKS: Final[Kept[Book]] = Kept(256)


@dataclass(frozen=True, slots=True)
class Source:
    """A document as decisions use it. `errors` says why its rules cannot be used; then everything is denied."""

    digest: str
    theory: Theory = field(default_factory=Theory)
    errors: tuple[str, ...] = ()
    reads: Sequence[str] | None = None
    safety: SafetyBudget | None = None
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a law: document and clause of each rule, by the rule's id."""
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a law: the clauses of each document, prose too."""


NO_LAW: Final = Source(digest="")


def law_of(constitution: JSON, *, digest: str = "") -> Source:
    """A law document as a source; of a system called law that holds no law, nothing."""
    if not law_document.is_law(constitution):
        return NO_LAW
    digest = digest or canonical.digest(constitution)
    reads = house_rules.list_of(constitution)
    try:
        parts = [(clause, law_document.clause_theory(clause)) for clause in law_document.clauses(constitution)]
    except (NotATheory, AttributeError, KeyError, TypeError, ValueError) as error:
        return Source(digest=digest, errors=(f"The law in force cannot be read: {_said(error)}",))
    places = {rule.id: (clause.document, clause.name) for clause, theory in parts for rule in theory.rules}
    theory = law_document.union(theory for _, theory in parts)
    clauses: dict[str, tuple[str, ...]] = {}
    for clause, _ in parts:
        clauses[clause.document] = (*clauses.get(clause.document, ()), clause.name)
    return Source(digest=digest, theory=theory, reads=reads, places=places, clauses=clauses)


def constitution_of(constitution: JSON, *, system: str, digest: str = "") -> Source:
    """A system's constitution as a source."""
    digest = digest or canonical.digest(constitution)
    try:
        theory = constitution_rules.theory_of(constitution, system=system)
    except (NotATheory, AttributeError, KeyError, TypeError, ValueError) as error:
        return Source(digest=digest, errors=(f"The constitution of {system} cannot be read: {_said(error)}",))
    return Source(
        digest=digest,
        theory=theory,
        errors=tuple(finding.sentence for finding in _unruly(theory)),
        reads=house_rules.list_of(constitution),
        safety=budget_of(constitution),
    )


def book(*, law: Source, constitution: Source, system: str, texts: tuple[str, ...] = ()) -> Book:
    """All rules that count for a system. `texts` are further rules in the text format (session, mandates): they and the digests
    are what the answer is kept by. Raises `NotATheory` for a text that cannot be read."""
    below = _BOOKS.get(("law", law.digest), lambda: book_of(law_document.union((house_rules.theory(), law.theory))))
    own = _BOOKS.get(
        ("constitution", law.digest, constitution.digest, system), lambda: below.extended(constitution.theory)
    )
    if not texts:
        return own
    key = ("texts", law.digest, constitution.digest, system, texts)
    return _BOOKS.get(key, lambda: own.extended(law_document.union(map(parsed, texts))))


def rulebook_digest(
    *, law: Source, constitution: Source, session_rules: tuple[str, ...], asset_rules: tuple[str, ...]
) -> str:
    """What an answer followed from, in one digest."""
    return _digest_of(law.digest, constitution.digest, session_rules, asset_rules)


def rulebook_of(*, law: Source, constitution: Source) -> dict[str, Any]:
    """The same by its parts, as a question keeps them; rules of session and assets stand in the question themselves."""
    return {"house": house_rules.VERSION, "law": law.digest, "constitution": constitution.digest}


@lru_cache(maxsize=4096)
def _digest_of(law: str, constitution: str, session_rules: tuple[str, ...], asset_rules: tuple[str, ...]) -> str:
    parts = {"house": house_rules.VERSION, "law": law, "constitution": constitution}
    return canonical.digest({**parts, "session_rules": list(session_rules), "asset_rules": list(asset_rules)})


@lru_cache(maxsize=4096)
def parsed(text: str) -> Theory:
    """A rule of a session or an asset. Raises `NotATheory`."""
    return parse(text)


def _unruly(theory: Theory) -> tuple[Finding, ...]:
    return classes.findings(theory, source="constitution", prefix=constitution_rules.PREFIX)


def _said(error: Exception) -> str:
    return error.sentence if isinstance(error, NotATheory) else "it has not the shape of one."
