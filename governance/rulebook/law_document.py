"""The tenant's law as the constitution of its system `law`, and the theory that it states. Pure.

    {"name": "law", "kind": "law", "documents": {NAME: {"format": …, "title": …, "authority": …, "enacted_at": RFC 3339 or
     absent, "clauses": {CLAUSE: {"title": …, "text": prose, "rules": the text format}}, "untranslated": […], "digest": …}}}

Rule ids are qualified by their document (`gov.md/r1`); the source of a rule is its clause (`gov.md 7.3`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from governance.canonical import JSON
from governance.policy.errors import Finding, NotATheory
from governance.policy.rules import Theory
from governance.policy.text import Defaults, parse
from governance.rulebook import classes

SYSTEM_NAME: Final = "law"
FORMATS: Final = ("gov_md", "policy_toml", "legalruleml", "rules")
GOV_MD: Final = "gov.md"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of one document. `rules` is "" for prose that is only cited."""

    document: str
    format: str
    authority: str
    enacted_at: str
    name: str
    title: str
    text: str
    rules: str

    @property
    def source(self) -> str:
        """How a rule of this clause is cited: `gov.md 7.3`."""
        return f"{self.document} {self.name}"


def empty_law() -> dict[str, Any]:
    """The law before the first import."""
    return {"name": SYSTEM_NAME, "kind": "law", "documents": {}}


def is_law(constitution: JSON) -> bool:
    return isinstance(constitution, dict) and constitution.get("kind") == "law"


def clauses(constitution: JSON) -> Iterator[Clause]:
    """Every clause in the order of names. The law must have the shape that `problems` checks."""
    for document, content in sorted(constitution.get("documents", {}).items()):
        for name, clause in sorted(content.get("clauses", {}).items()):
            yield Clause(
                document=document,
                format=content["format"],
                authority=content.get("authority", ""),
                enacted_at=content.get("enacted_at", ""),
                name=name,
                title=clause.get("title", ""),
                text=clause.get("text", ""),
                rules=clause.get("rules", ""),
            )


def clause_theory(clause: Clause) -> Theory:
    """What one clause states. Raises `NotATheory`, whose sentence names the clause; its line counts from the clause's first."""
    if not clause.rules.strip():
        return Theory()
    defaults = Defaults(
        weight=classes.CLASSES[clause.format].weight,
        source=clause.source,
        authority=clause.authority,
        enacted_at=datetime.fromisoformat(clause.enacted_at) if clause.enacted_at else None,
        bearer="",
    )
    try:
        return parse(clause.rules, prefix=clause.document, defaults=defaults)
    except NotATheory as error:
        raise NotATheory(
            f"{clause.source}: {error.sentence}", line=error.line, column=error.column, problems=error.problems
        ) from None


def theory_of(constitution: JSON) -> Theory:
    """Everything the law states. Raises `NotATheory`."""
    return union(clause_theory(clause) for clause in clauses(constitution))


def union(theories: Iterable[Theory]) -> Theory:
    """One theory with everything that several state."""
    found = tuple(theories)
    return Theory(
        rules=tuple(rule for theory in found for rule in theory.rules),
        facts=tuple(fact for theory in found for fact in theory.facts),
        preferences=tuple(pair for theory in found for pair in theory.preferences),
    )


def problems(constitution: JSON) -> tuple[Finding, ...]:
    """Why this law cannot be activated: shape, then texts that do not parse, then reach."""
    if found := tuple(_misshapen(constitution)):
        return found
    unread: list[Finding] = []
    unruly: list[Finding] = []
    for clause in clauses(constitution):
        try:
            theory = clause_theory(clause)
        except NotATheory as error:
            unread.append(_unread(clause, error))
            continue
        unruly += classes.findings(theory, source=clause.format, prefix=clause.document)
    if unread:
        return tuple(unread)
    return tuple(unruly)


def _unread(clause: Clause, error: NotATheory) -> Finding:
    where = f" (line {error.line}, column {error.column})" if error.line else ""
    return Finding("not_a_theory", f"{error.sentence}{where}", (clause.source,))


def _misshapen(constitution: JSON) -> Iterator[Finding]:
    if not is_law(constitution):
        yield Finding(
            "not_a_law",
            'The constitution of the system called law has "kind": "law". Import law instead of editing it.',
        )
        return
    documents = constitution.get("documents")
    if not isinstance(documents, dict):
        yield Finding("not_a_law", "documents is an object of documents by name.")
        return
    for name, content in sorted(documents.items()):
        yield from _misshapen_document(name, content)


def _misshapen_document(name: str, content: JSON) -> Iterator[Finding]:
    if not isinstance(content, dict) or content.get("format") not in FORMATS:
        yield Finding("not_a_law", f"{name} names no format; known are {', '.join(FORMATS)}.")
        return
    if name in classes.OWN_PREFIXES:
        yield Finding("not_a_law", f"No document of the law is called {name}: TARS calls other rules so. Rename it.")
    for member in ("title", "authority", "enacted_at", "digest"):
        if not isinstance(content.get(member, ""), str):
            yield Finding("not_a_law", f"{member} of {name} is a text.")
    if (enacted := content.get("enacted_at")) and not _is_moment(enacted):
        yield Finding("not_a_law", f"enacted_at of {name} is a moment with an offset, such as 2026-01-01T00:00:00Z.")
    found = content.get("clauses", {})
    if not isinstance(found, dict):
        yield Finding("not_a_law", f"clauses of {name} is an object of clauses by number.")
        return
    for clause, said in sorted(found.items()):
        if not isinstance(said, dict) or any(
            not isinstance(said.get(part, ""), str) for part in ("title", "text", "rules")
        ):
            yield Finding("not_a_law", f"{name} {clause}: title, text and rules are texts.")


def _is_moment(text: JSON) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        return False
