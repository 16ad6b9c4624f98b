"""The law with one more document, and how such a change is proposed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from governance.amendments.kinds import AmendmentType
from governance.constitution.diff import Change, Effect
from governance.constitution.values import copy
from governance.errors import Invalid
from governance.lawbook.translation import Clause, Document, slug
from governance.policy import soundness, tiers
from governance.policy.errors import Finding
from governance.rulebook import law_document

PROMOTIONS: Final = "session-promotions"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
MOST_SECTIONS: Final = 12


class BadName(Invalid):
    """The document's name cannot qualify rules."""

    code = "bad_law_name"


def checked_name(name: str) -> str:
    """A name for a document of the law. Raises `BadName`."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise BadName(
            "A document of the law is called by letters, digits, dots and dashes, such as gov.md or gdpr.",
            problems=(("/name", "letters, digits, dots, dashes, at most 80"),),
        )
    return name


def with_document(law: Mapping[str, Any], *, name: str, document: Document, digest: str) -> dict[str, Any]:
    """The law with this document in the place of the one of its name."""
    whole: dict[str, Any] = copy(dict(law))
    whole["documents"] = {**whole.get("documents", {}), name: document.as_json(digest=digest)}
    return whole


def with_promotion(law: Mapping[str, Any], *, sentence: str, rules: str, note: str) -> tuple[dict[str, Any], str]:
    """The law with one more clause of promoted session rules, and the clause's number."""
    whole: dict[str, Any] = copy(dict(law))
    documents = whole.setdefault("documents", {})
    known = documents.setdefault(
        PROMOTIONS,
        {"format": "rules", "title": "Promoted session rules", "authority": "", "clauses": {}, "untranslated": []},
    )
    number = str(1 + max((int(one) for one in known["clauses"] if one.isdigit()), default=0))
    clause = Clause(number=number, title=sentence[:200], text=note, rules=rules)
    known["clauses"][number] = clause.as_json()
    return whole, number


def promoted_id(sentence: str) -> str:
    """The id of a promoted rule."""
    return slug(sentence)[:40].strip("-._") or "rule"


def findings(law: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Why this law cannot come into force: shape, texts, reach, conflicts, circles, tiers."""
    found = law_document.problems(law)
    if any(one.code in ("not_a_law", "not_a_theory") for one in found):
        return found
    theory = law_document.theory_of(law)
    return tuple(dict.fromkeys((*found, *soundness.findings(theory), *tiers.findings(theory))))


def fitting_type(effect: Effect) -> AmendmentType:
    """What tightens and nothing else is a governance tightening, for the compliance officer; the rest a manual update."""
    return AmendmentType.GOVERNANCE_TIGHTENING if effect is Effect.TIGHTENS else AmendmentType.MANUAL_UPDATE


def sections_of(changes: Sequence[Change], *, name: str) -> str:
    """The clauses that change, as evidence names them: `7.3` of gov.md, `gdpr art17` of another document."""
    found: dict[str, None] = {}
    for change in changes:
        if change.path[:2] != ("documents", name):
            continue
        if change.path[2:3] == ("clauses",) and len(change.path) > 3:
            found[str(change.path[3])] = None
        elif len(change.path) == 2 and isinstance(change.new, Mapping):
            for clause, said in change.new.get("clauses", {}).items():
                if said.get("rules"):
                    found[clause] = None
    prefix = "" if name == law_document.GOV_MD else f"{name} "
    listed = list(found)[:MOST_SECTIONS]
    return ", ".join(f"{prefix}{clause}" for clause in listed) or name
