"""gov.md: Markdown with numbered clauses; a fenced block ```rules in a clause holds rules in the text format. Pure.

A clause is a heading that begins with a number (`## 7. Data protection`), or a paragraph or list item below it that begins with
a number under the section's (`7.3 Deletions need approval.`). Prose without rules is law that can be cited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from governance.lawbook.translation import Clause, Document, Fault, decoded, moment_of, refusal, said_by
from governance.policy.errors import NotATheory

FORMAT: Final = "gov_md"
FENCES: Final = frozenset({"rules", "tars"})
MOST_CLAUSES: Final = 2000
MOST_LEVELS: Final = 20
_CONTAINERS: Final = frozenset({"blockquote_open", "list_item_open"})
_NUMBER = r"(?P<number>\d{1,4}(?:\.\d{1,4})*[a-z]?)"
_HEADING = re.compile(rf"(?:(?:§|section|clause|article|art\.)\s*)?{_NUMBER}[.:)]?(?:\s+(?P<title>.*))?", re.I | re.S)
_NUMBERED = re.compile(r"(?:§\s*)?(?P<number>\d{1,4}(?:\.\d{1,4})+[a-z]?)(?P<end>[.:)]?)\s+(?P<text>\S.*)", re.S)
_MEASURE = re.compile(
    r"[%‰€$£]|(?:per\s?cent|per\s?mille|percentage|times|thousand|[mb]illion|EUR|USD|GBP|euros?|dollars?|pounds?|points?"
    r"|seconds?|minutes?|hours?|days?|weeks?|months?|years?|[kKMGT]i?B|kg|km|m)\b"
)
"""What makes the number before it a quantity."""
_LEAD = re.compile(r"(?:\*\*|__)(?P<title>[^*_]{1,200}?)[.:]?(?:\*\*|__)[.:]?\s*(?P<text>.*)", re.S)
_MATTER = re.compile(r"---\n(?P<body>(?:[A-Za-z_ ]{1,40}:[^\n]*\n|\s*\n)*)---\n")

Parse = Callable[[str], object]


@dataclass(slots=True)
class _Open:
    """A clause while the file is read."""

    number: str
    title: str
    line: int
    texts: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def translate(content: bytes, *, parse: Parse) -> Document:
    """The file's clauses. `parse` reads rules and raises `NotATheory`. Raises `BadLawFile` with every fault of the file."""
    text = decoded(content)
    matter, text = _front_matter(text)
    reading = _Reading(text.split("\n"), parse)
    reading.read(MarkdownIt("commonmark", {"maxNesting": MOST_LEVELS}).parse(text))
    if not reading.clauses:
        reading.faults.append(
            Fault("There are no numbered clauses. Begin headings with their numbers, such as “## 7. Data protection”.")
        )
    if len(reading.clauses) > MOST_CLAUSES:
        reading.faults.append(Fault(f"There are more than {MOST_CLAUSES} clauses. Split the file."))
    enacted_at = _enacted(matter.get("enacted", ""), reading.faults)
    if reading.faults:
        raise refusal(reading.faults)
    return Document(
        format=FORMAT,
        title=matter.get("title") or reading.title or "Governance rules",
        authority=matter.get("authority", ""),
        clauses=tuple(reading.closed()),
        enacted_at=enacted_at,
    )


class _Reading:
    """One pass over the blocks of a file."""

    def __init__(self, lines: Sequence[str], parse: Parse) -> None:
        self.lines, self.parse = lines, parse
        self.clauses: dict[str, _Open] = {}
        self.faults: list[Fault] = []
        self.title = ""
        self.section = ""
        self.current: _Open | None = None

    def read(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            self.depth(token)
            if token.type == "heading_open":
                self.heading(token, tokens[index + 1].content)
            elif token.type == "paragraph_open":
                self.paragraph(token, tokens[index + 1].content)
            elif token.type == "fence":
                self.fence(token)
            elif token.type in ("code_block", "html_block"):
                self.prose(token.content.strip("\n"))

    def depth(self, token: Token) -> None:
        """HAZARD: the parser leaves out without a word what is nested deeper than it goes."""
        if token.type in _CONTAINERS and token.level + 1 == MOST_LEVELS:
            line = token.map[0] + 1 if token.map else 0
            self.faults.append(Fault("Quotes and lists are too deep inside each other here. Take some out.", line))

    def heading(self, token: Token, words: str) -> None:
        found = _HEADING.fullmatch(words.strip())
        if found is not None:
            self.section = found["number"]
            self.open(found["number"], (found["title"] or "").strip(), token)
        elif not self.clauses and not self.title:
            self.title = words.strip()
        else:
            self.prose(words)

    def paragraph(self, token: Token, words: str) -> None:
        found = _NUMBERED.fullmatch(words)
        if found is None or _is_quantity(found) or not self.belongs(found["number"]):
            self.prose(words)
            return
        lead = _LEAD.fullmatch(found["text"])
        self.open(found["number"], lead["title"].strip() if lead else "", token)
        self.prose(lead["text"] if lead else found["text"])

    def belongs(self, number: str) -> bool:
        """`3.5 per cent …` in section 7 is prose, not clause 3.5."""
        return not self.section or number.startswith(f"{self.section}.") or self.section.startswith(f"{number[:-1]}.")

    def open(self, number: str, title: str, token: Token) -> None:
        line = token.map[0] + 1 if token.map else 0
        if (known := self.clauses.get(number)) is not None:
            self.faults.append(
                Fault(f"Clause {number} is there twice; line {known.line} has it too. Renumber one.", line)
            )
        self.current = _Open(number, title, line)
        self.clauses.setdefault(number, self.current)

    def prose(self, words: str) -> None:
        if self.current is not None and words.strip():
            self.current.texts.append(words.strip())

    def fence(self, token: Token) -> None:
        if token.info.strip().split(" ")[0].lower() not in FENCES:
            self.prose(f"```\n{token.content}```")
            return
        start = token.map[0] if token.map else 0
        if self.current is None:
            self.faults.append(
                Fault("These rules stand in no numbered clause. Put them under a numbered heading.", start + 1)
            )
            return
        try:
            self.parse(token.content)
        except NotATheory as error:
            line = start + 1 + max(error.line, 1)
            self.faults.append(
                Fault(said_by(error), line, error.column + self.indent(line, token) if error.column else 0)
            )
        self.current.rules.append(token.content.rstrip("\n"))

    def indent(self, line: int, token: Token) -> int:
        """How far a fence inside a list item is moved to the right."""
        if not token.content or line > len(self.lines):
            return 0
        inside = token.content.split("\n")[line - (token.map[0] if token.map else 0) - 2]
        return max(self.lines[line - 1].find(inside), 0)

    def closed(self) -> list[Clause]:
        return [
            Clause(
                number=one.number,
                title=one.title,
                text="\n\n".join(one.texts),
                rules="\n\n".join(one.rules),
                line=one.line,
            )
            for one in self.clauses.values()
        ]


def _is_quantity(found: re.Match[str]) -> bool:
    """`7.5 per cent of …` is prose; `7.5. Per cent …` and `§ 7.5 …` are clauses."""
    return found[0][0] != "§" and not found["end"] and _MEASURE.match(found["text"]) is not None


def _enacted(text: str, faults: list[Fault]) -> str:
    try:
        return moment_of(text) if text else ""
    except ValueError:
        faults.append(Fault(f"enacted: “{text[:40]}” is no date. Write 2026-01-31.", 1))
        return ""


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """`title`, `authority` and `enacted` of a header between two lines of dashes; its lines stay, empty, so that places keep."""
    found = _MATTER.match(text)
    if found is None:
        return {}, text
    pairs = (line.partition(":") for line in found["body"].splitlines() if ":" in line)
    matter = {name.strip().lower(): value.strip().strip("\"'") for name, _, value in pairs}
    return matter, "\n" * found[0].count("\n") + text[found.end() :]
