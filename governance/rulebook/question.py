"""A question to the rulebook: its bounds, and the bytes that are kept of it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from governance import canonical
from governance.canonical import JSON
from governance.errors import Invalid
from governance.rulebook.classes import is_reserved

FACT_BYTES: Final = 64 * 1024
FACT_DEPTH: Final = 16
ACTION_LENGTH: Final = 200
_NO_ACTION: Final = frozenset("*~\"'`()[]{},;#\\")
_IN_NAMES: Final = frozenset("_.-/:")


@dataclass(frozen=True, slots=True)
class Question:
    """May this system do this, with these facts, in this session? `at` is None for "now"."""

    system: str
    action: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    session: str = ""
    at: datetime | None = None


def is_destroyed(question: Mapping[str, Any]) -> bool:
    """Whether of a stored question only its digest is left (`tars_gone`): its execution was destroyed."""
    return question.keys() == {"destroyed", "digest"}


class ReservedFact(Invalid):
    """The caller asserts what only TARS asserts."""

    code = "reserved_fact"


def check(question: Question) -> None:
    """Raise `Invalid` (`ReservedFact`) naming every place where the question is not one that can be asked."""
    if fault := action_fault(question.action):
        raise Invalid(f"The action {fault}", problems=(("/action", fault),))
    facts = question.facts
    if not isinstance(facts, dict):
        raise Invalid("Facts are an object of names and values.", problems=(("/facts", "must be an object"),))
    canonical.check_value(facts, max_depth=FACT_DEPTH, refuses_big_doubles=True)
    size = len(canonical.canonical_bytes(facts))
    if size > FACT_BYTES:
        sentence = f"The facts have {size:,} bytes; at most {FACT_BYTES:,} are read. Send only what rules ask for."
        raise Invalid(sentence, problems=(("/facts", "is too large"),))
    if reserved := [name for name in facts if is_reserved(name)]:
        raise ReservedFact(
            f"{', '.join(sorted(reserved))}: only TARS says this about a question. Leave it out of the facts.",
            problems=tuple((f"/facts/{name}", "is asserted by TARS alone") for name in sorted(reserved)),
        )
    if wrong := list(_wrong_names(facts, "/facts")):
        sentence = "A fact's name begins with a letter and holds letters, digits and _ . - / : only."
        raise Invalid(sentence, problems=tuple((pointer, "is no name of a fact") for pointer in wrong))


def action_fault(action: str) -> str:
    """What keeps a text from being the name of an action, as the end of "The action …", or ""."""
    if not isinstance(action, str) or not action or len(action) > ACTION_LENGTH:
        return f"has between 1 and {ACTION_LENGTH} characters."
    if not action.isprintable() or action != action.strip() or not unicodedata.is_normalized("NFC", action):
        return "is printable text in Unicode's form NFC without blanks around it."
    if found := sorted(_NO_ACTION & set(action)):
        return f"may not hold {found[0]}."
    return f"cannot be called {action}: TARS uses that word for a fact." if is_reserved(action) else ""


def _wrong_names(facts: Mapping[str, Any], pointer: str) -> Iterator[str]:
    for name, value in facts.items():
        here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        is_name = name[:1].isalpha() and all(sign.isalnum() or sign in _IN_NAMES for sign in name)
        if not is_name or not unicodedata.is_normalized("NFC", name):
            yield here
        if isinstance(value, dict):
            yield from _wrong_names(value, here)


def question_bytes(
    question: Question,
    *,
    at: str,
    gathered: Mapping[str, Any],
    guidance: tuple[str, ...],
    session_rules: tuple[str, ...],
    asset_rules: tuple[str, ...],
    rulebook: Mapping[str, JSON],
) -> bytes:
    """RFC 8785 bytes of everything that the answer follows from: what was asked, what TARS added, and by digest the law."""
    return canonical.canonical_bytes(
        {
            "system": question.system,
            "action": question.action,
            "facts": question.facts,
            "session": question.session,
            "at": at,
            "bearer": question.system,
            "gathered": gathered,
            "guidance": list(guidance),
            "session_rules": list(session_rules),
            "asset_rules": list(asset_rules),
            "rulebook": rulebook,
        }
    )
