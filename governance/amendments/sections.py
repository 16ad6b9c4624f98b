"""Which clauses of the law evidence names: `7.3`, `7.3, 7.4`, `gov.md 7.3`, `gdpr art17`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

GOV_MD: Final = "gov.md"
MOST_NAMED: Final = 12
_WORD = re.compile(r"^(?:§+|sections?|clauses?)\s*", re.IGNORECASE)


def unknown(text: str, clauses: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The parts of a text that name nothing in the law; nothing is unknown as long as the law holds no gov.md.

    A number without a document is one of gov.md; a section is known if a clause lies in it (`7` where there is 7.3).
    """
    if GOV_MD not in clauses:
        return ()
    parts = [part.strip() for part in re.split(r"[,;]", text)]
    return tuple(part for part in parts if part and not _is_known(part, clauses))


def listed(clauses: Mapping[str, Sequence[str]]) -> str:
    """The clauses of gov.md as a refusal names them."""
    found = sorted(clauses.get(GOV_MD, ()), key=_in_order)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more


def _is_known(part: str, clauses: Mapping[str, Sequence[str]]) -> bool:
    if part in clauses:
        return True
    document, _, clause = part.partition(" ")
    if document not in clauses or not clause:
        document, clause = GOV_MD, part
    name = _WORD.sub("", clause.strip()).rstrip(".")
    return bool(name) and any(known == name or known.startswith(f"{name}.") for known in clauses[document])


def _in_order(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (10**9, part) for part in name.split("."))
