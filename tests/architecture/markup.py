"""Templates as pieces: tags of HTML, constructs of Django, and the text between, so that unmarked words are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CONSTRUCTS = {"{%": "%}", "{{": "}}", "{#": "#}"}
_WHOLE = re.compile(r"\{%\s*(comment|verbatim|blocktranslate)\b")
_TAG = re.compile(r"<(?=[A-Za-z/!])")
_WORD = re.compile(r"[^\W\d_]{2,}|\b[aAI]\b")
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label", "aria-description")
"""Attributes that people read or hear."""
NAMES = {"TARS", "AMD", "JSON", "JSONL", "CSV", "PDF", "UTC", "API", "USD", "kB", "ms"}
"""The same in every language."""


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str
    text: str


def pieces(source: str) -> Iterator[Piece]:
    """`tag`, `construct`, `text`, or `raw` (what is inside scripts, styles, drawings and translated blocks)."""
    at = 0
    while at < len(source):
        piece = _construct(source, at) or _markup(source, at) or _text(source, at)
        yield piece
        at += len(piece.text)
        if piece.kind == "tag" and (inside := _inside(piece.text, source, at)):
            yield Piece("raw", inside)
            at += len(inside)


def unmarked(source: str) -> list[str]:
    """The words people would read that no translation could reach."""
    found = []
    for piece in pieces(source):
        if piece.kind == "text":
            found.append(piece.text)
        elif piece.kind == "tag":
            found += _spoken(piece.text)
    return [" ".join(text.split()) for text in found if _has_words(text)]


def _construct(source: str, at: int) -> Piece | None:
    end = _CONSTRUCTS.get(source[at : at + 2])
    if end is None:
        return None
    stop = source.index(end, at) + 2
    if whole := _WHOLE.match(source, at):
        stop = re.compile(rf"\{{%\s*end{whole[1]}\s*%\}}").search(source, at).end()  # type: ignore[union-attr]
        return Piece("raw", source[at:stop])
    return Piece("construct", source[at:stop])


def _markup(source: str, at: int) -> Piece | None:
    if not _TAG.match(source, at):
        return None
    if source.startswith("<!--", at):
        return Piece("raw", source[at : source.index("-->", at) + 3])
    stop, quote = at + 1, ""
    while source[stop] != ">" or quote:
        if inner := _construct(source, stop):
            stop += len(inner.text)
            continue
        if source[stop] == quote:
            quote = ""
        elif not quote and source[stop] in "\"'":
            quote = source[stop]
        stop += 1
    return Piece("tag", source[at : stop + 1])


def _text(source: str, at: int) -> Piece:
    stop = at + 1
    while stop < len(source) and source[stop : stop + 2] not in _CONSTRUCTS and not _TAG.match(source, stop):
        stop += 1
    return Piece("text", source[at:stop])


def _inside(tag: str, source: str, at: int) -> str:
    opened = re.match(r"<(script|style|svg|pre)\b", tag)
    end = opened and re.compile(rf"</{opened[1]}\s*>").search(source, at)
    return source[at : end.start()] if end else ""


def _spoken(tag: str) -> Iterator[str]:
    for value in re.findall(rf"(?<![\w-])(?:{'|'.join(SPOKEN)})=\"((?:[^\"{{]|{{%.*?%}}|{{{{.*?}}}})*)\"", tag, re.S):
        inner = re.sub(r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}", "", value, flags=re.S)
        yield re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", inner, flags=re.S)


def _has_words(text: str) -> bool:
    return any(word.group() not in NAMES for word in _WORD.finditer(re.sub(r"&\w+;", " ", text)))
