"""From text to statements of tokens: one regular expression, one pass, every token with its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from governance.policy import names
from governance.policy.errors import NotATheory

MAX_BYTES: Final = 10 * 1024 * 1024
"""Largest text that is read."""

LONGEST_SENTENCE: Final = 500
"""Longest error, in characters: it may quote what a stranger wrote."""

LONGEST_WORD: Final = 500
"""Most characters without a blank or a mark between them."""

LONGEST_LINE: Final = 100_000
MOST_TOKENS: Final = 50_000
"""Most of them in one statement. Hazard: a token costs a hundred times its characters."""

Token = tuple[str, str, int, int]
"""kind (name, number, string, arrow, operator, modality, mark, end), text as written, line, column; both 1-based."""

NAME: Final = r"[^\W\d_](?:[\w*]|[.:/\-]+(?=[\w*]))*"
ID: Final = r"[^\W_](?:\w|[./\-]+(?=\w))*"
_LABEL: Final = re.compile(rf"[ \t]*({ID})[ \t]*:")
_ORDER: Final = re.compile(rf"[ \t]*{ID}[ \t]*>(?!=)")
_IDS: Final = re.compile(rf"[ \t]*(?:(?P<id>{ID})|(?P<more>>(?!=))|(?P<comment>\#.*)|(?P<bad>[^ \t\n]))")
_MASTER: Final = re.compile(
    rf"""[ \t]*(?:
      (?P<name>{NAME})
    | (?P<mark>[(),])
    | (?P<arrow>->|=>|~>)
    | (?P<negation>~)
    | (?P<modality>\[[^\]\n"#]{{0,20}}\])
    | (?P<string>"(?:[^"\\\n]|\\["\\])*")
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<operator>==|!=|<=|>=|[<>+\-*/])
    | (?P<comment>\#.*)
    | (?P<bad>[^ \t\n])
    )""",
    re.VERBOSE,
)
_ENDLESS: Final = re.compile(rf'[^\s,()"]{{{LONGEST_WORD + 1}}}')
_HINTS: Final = {
    '"': "This text has no closing quote on its line, or a backslash that is not before a quote or a backslash.",
    "=": "Write == to compare, => for a rule.",
    "'": 'Write texts in double quotes: "…".',
    "“": 'Write texts in straight double quotes: "…".',
    "”": 'Write texts in straight double quotes: "…".',
    ";": "Write a comma between conditions.",
    "&": "Write a comma between conditions.",
    "∧": "Write a comma between conditions.",
    "|": "There is no `or`: write one rule for each case.",
    "∨": "There is no `or`: write one rule for each case.",
    "!": "Write ~p for the opposite of p, `not p` for p that cannot be proved, != to compare.",
    "¬": "Write ~p for the opposite of p, `not p` for p that cannot be proved.",
    "→": "Write -> for a strict rule.",
    "⇒": "Write => for a defeasible rule.",
    "⇝": "Write ~> for a defeater.",
    "[": "Write [O], [F] or [P].",
    ":": "A rule's name stands at the start of a line, as in `r1: a => b`.",
    "_": "A name begins with a letter.",
    ".": "A name begins with a letter, a number with a digit; a rule needs no full stop.",
}


@dataclass(slots=True)
class Statement:
    """One fact line, rule or chain of preferences. `label` is a rule's id, `written` its first line; the tokens of an
    order (of preferences) are ids."""

    tokens: list[Token]
    line: int
    column: int
    label: str = ""
    is_order: bool = False
    written: str = ""


def fail(sentence: str, line: int, column: int) -> NoReturn:
    """Raise `NotATheory` with its place in words and in numbers."""
    where = f"line {line}, column {column}"
    if len(sentence) > LONGEST_SENTENCE:
        sentence = f"{sentence[:LONGEST_SENTENCE]}…"
    raise NotATheory(f"{where.capitalize()}: {sentence}", line=line, column=column, problems=((where, sentence),))


def statements(text: str) -> Iterable[Statement]:
    """The statements of a text, one at a time; raises `NotATheory` for what is no token or may not be there."""
    _check_size(text)
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    _check_characters(lines, text)
    if text.isascii():
        return _grouped(lines)
    found = list(_grouped(lines))
    _check_looks(found)
    return found


def flat(text: str) -> list[Token]:
    """The tokens of a part of a statement (a body, a literal), whatever its lines."""
    _check_size(text)
    lines = text.replace("\r\n", "\n").split("\n")
    _check_characters(lines, text)
    return [token for number, line in enumerate(lines, start=1) for token in tokens_of(line, number)]


def tokens_of(text: str, line: int = 1, start: int = 0) -> list[Token]:
    """The tokens of one line from the index `start`."""
    found: list[Token] = []
    for match in _MASTER.finditer(text, start):
        kind = match.lastgroup
        if kind == "comment" or kind is None:
            break
        column = match.start(kind) + 1
        if kind == "bad":
            _refuse(match["bad"], line, column)
        found.append((kind, match[kind], line, column))
    return found


def _check_size(text: str) -> None:
    if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES):
        fail(f"The text has more than {MAX_BYTES:,} bytes; split it into documents.", 1, 1)


def _check_characters(lines: list[str], text: str) -> None:
    long = next((number for number, line in enumerate(lines, start=1) if len(line) > LONGEST_LINE), 0)
    if long:
        fail(
            f"This line has more than {LONGEST_LINE:,} characters; write one statement a line.", long, LONGEST_LINE + 1
        )
    if _ENDLESS.search(text):
        runs = ((number, _ENDLESS.search(line)) for number, line in enumerate(lines, start=1))
        number, run = next((number, run) for number, run in runs if run)
        fail(
            f"A word of more than {LONGEST_WORD} characters stands here; names and texts are shorter.",
            number,
            run.start() + 1,
        )
    # the whole text first: a search over ten megabytes costs less than one over each of a million lines
    if names.fault(text.replace("\r\n", "\n").replace("\n", " ")) is None and names.is_composed(text):
        return
    for number, line in enumerate(lines, start=1):
        if found := names.fault(line):
            fail(found[1], number, found[0] + 1)
        if not names.is_composed(line):
            fail(
                "An accent stands beside its letter, not in it: the text is not in Unicode's form NFC; type it again.",
                number,
                _first_loose(line),
            )


def _first_loose(line: str) -> int:
    """The column of the first character that form NFC writes otherwise, in time linear in the line."""
    composed = unicodedata.normalize("NFC", line)
    index = next(
        (i for i, (is_, ought) in enumerate(zip(line, composed, strict=False)) if is_ != ought), len(composed) - 1
    )
    return index + 2 if unicodedata.combining(line[index + 1 : index + 2] or " ") else index + 1


def _grouped(lines: list[str]) -> Iterator[Statement]:
    """Lines put together: one that is indented deeper than the first belongs to the statement before it."""
    base, current = -1, None
    for number, line in enumerate(lines, start=1):
        bare = line.strip(" \t")
        if not bare:
            if current:
                yield current
            current = None
            continue
        if bare[0] == "#":
            continue
        indent = len(line) - len(line.lstrip(" \t"))
        base = indent if base < 0 else base
        if indent > base and current:
            current.tokens += _ids(line, number) if current.is_order else tokens_of(line, number)
            if len(current.tokens) > MOST_TOKENS:
                fail(f"This statement has more than {MOST_TOKENS:,} words and marks; split it.", number, 1)
            continue
        if current:
            yield current
        current = _begun(line, number, indent + 1)
    if current:
        yield current


def _begun(line: str, number: int, column: int) -> Statement:
    if label := _LABEL.match(line):
        return Statement(tokens_of(line, number, label.end()), number, column, label=label[1], written=line)
    if _ORDER.match(line):
        return Statement(_ids(line, number), number, column, is_order=True)
    return Statement(tokens_of(line, number), number, column)


def _ids(text: str, line: int) -> list[Token]:
    found: list[Token] = []
    for match in _IDS.finditer(text):
        kind = match.lastgroup
        if kind == "comment" or kind is None:
            break
        if kind == "bad":
            fail("A preference names rules, the stronger first: `r2 > r1`.", line, match.start(kind) + 1)
        found.append((kind, match[kind], line, match.start(kind) + 1))
    return found


def _check_looks(found: list[Statement]) -> None:
    clash = names.confused(_names(found))
    if clash:
        (one, first), (other, second) = clash
        fail(
            f"{names.spelled(other)} looks like {names.spelled(one)} on line {first[0]} and is another name; "
            "write both in the letters of one script.",
            *second,
        )


def _names(found: list[Statement]) -> Iterator[tuple[str, tuple[int, int]]]:
    for statement in found:
        if statement.label:
            yield statement.label, (statement.line, statement.column)
        before = ""
        for kind, text, line, column in statement.tokens:
            if kind in ("name", "id") or (kind == "string" and before not in ("source", "authority")):
                yield text.strip('"'), (line, column)
            before = text


def _refuse(character: str, line: int, column: int) -> NoReturn:
    hint = _HINTS.get(character, 'A name with such a character stands in quotes: "…".')
    fail(f"{character} has no meaning here. {hint}", line, column)
