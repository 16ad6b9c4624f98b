"""What a file of law becomes: a document of the law with its clauses, and the list of what could not be translated. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from governance.canonical import digest_bytes
from governance.errors import Invalid
from governance.policy.errors import NotATheory

MAX_BYTES: Final = 10 * 1024 * 1024
"""Largest file of law, in bytes."""
MOST_FAULTS: Final = 50
_PLACE = re.compile(r"^Line \d+(?:, column \d+)?: ")
_NOT_A_SLUG = re.compile(r"[^a-z0-9_.]+")


class BadLawFile(Invalid):
    """The file is no law of its format; `problems` says every fault with its line and column."""

    code = "bad_law_file"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a file from being imported, 1-based; 0 where there is no place."""

    sentence: str
    line: int = 0
    column: int = 0

    @property
    def place(self) -> str:
        if not self.line:
            return "the file"
        return f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: prose to cite, rules in the text format, or both. `line` is where it begins in the file."""

    number: str
    title: str = ""
    text: str = ""
    rules: str = ""
    line: int = 0

    def as_json(self) -> dict[str, str]:
        return {"title": self.title, "text": self.text, "rules": self.rules}


@dataclass(frozen=True, slots=True)
class Document:
    """A file of law, translated. `untranslated` says in a sentence each what was left out, where and why."""

    format: str
    title: str
    authority: str
    clauses: tuple[Clause, ...]
    untranslated: tuple[str, ...] = ()
    enacted_at: str = ""

    def as_json(self, *, digest: str) -> dict[str, Any]:
        """The document as the law's constitution keeps it (`governance.rulebook.law_document`)."""
        return {
            "format": self.format,
            "title": self.title,
            "authority": self.authority,
            **({"enacted_at": self.enacted_at} if self.enacted_at else {}),
            "clauses": {clause.number: clause.as_json() for clause in self.clauses},
            "untranslated": list(self.untranslated),
            "digest": digest,
        }


MEND: Final = "Mend it here, or choose the format that the file has."
"""What to do about a file that is not of its format."""


def decoded(content: bytes) -> str:
    """The text of a file; raises `BadLawFile` for one that is empty, too large or no UTF-8."""
    check_size(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refusal([Fault("This is no UTF-8 text. Save the file as UTF-8.", line)]) from None
    if "\0" in text:
        raise refusal([Fault("There is a NUL character here. Take it out.", text[: text.index("\0")].count("\n") + 1)])
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_size(content: bytes) -> None:
    """Raise `BadLawFile` for a file that is empty or too large."""
    if not content.strip():
        raise refusal([Fault("The file is empty. Choose the file with the law.")])
    if len(content) > MAX_BYTES:
        raise refusal([Fault(f"The file has {len(content):,} bytes and {MAX_BYTES:,} is the most. Split it.")])


def refusal(faults: Iterable[Fault]) -> BadLawFile:
    """The refusal that names every fault, in the order of the file."""
    found = sorted(faults, key=lambda fault: (fault.line, fault.column))
    first = found[0]
    where = f"{first.place.capitalize()}: " if first.line else ""
    more = f" There {'is 1 more fault' if len(found) == 2 else f'are {len(found) - 1} more faults'}."
    problems = tuple((fault.place, fault.sentence) for fault in found[:MOST_FAULTS])
    return BadLawFile(f"{where}{first.sentence}{more if len(found) > 1 else ''}", problems=problems)


def said_by(error: NotATheory) -> str:
    """What is wrong with a rule, without the place in its fragment: the file's own place is said instead."""
    return _PLACE.sub("", error.sentence)


def slug(words: str) -> str:
    """Words as a rule's id: `Deny dangerous commands` is `deny-dangerous-commands`; "" if nothing is left."""
    return _NOT_A_SLUG.sub("-", words.lower()).strip("-._")[:80]


def moment_of(text: str) -> str:
    """A date or moment as RFC 3339 in UTC; a date is its first instant. Raises `ValueError`."""
    found = datetime.fromisoformat(text.strip())
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat().replace("+00:00", "Z")


def digest_of(content: bytes) -> str:
    """How the law names the bytes of a file."""
    return digest_bytes(content)
