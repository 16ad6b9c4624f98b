"""Rows as a PDF: a table over landscape pages, each with the filter, the time, the person, the chain's head and its number.

The font is embedded. It has no glyphs for some scripts and no shaping for those written from right to left: such characters are
written as [U+738B 5C0F], and every page that has one says so.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from governance.exports.manifest import Facts
from governance.exports.table import Column, Row, plain

FONT: Final = "DejaVuSans"
SIZE: Final = 7.0
LEADING: Final = 9.0
MARGIN: Final = 36.0
GAP: Final = 6.0
MOST_CHARACTERS: Final = 600
"""Of one cell; a longer one ends in an ellipsis, and the CSV holds it whole."""
NOTE: Final = (
    "Characters in brackets are code points that the font of this file lacks; CSV and JSONL hold them as they are."
)


def as_pdf(columns: Sequence[Column], rows: Iterable[Row], *, facts: Facts, font: Path) -> tuple[bytes, int]:
    """The file, and how many rows it holds."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.pdfgen.canvas import Canvas

    glyphs = _glyphs(font)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=landscape(A4), invariant=True)
    canvas.setTitle(f"{facts.title} of {facts.tenant_name}")
    canvas.setAuthor(facts.exported_by)
    canvas.setSubject(f"{facts.words}; chain head {facts.head_sequence} {facts.head_hash}")
    sheet = _Sheet(canvas, columns=[column for column in columns if column.share], facts=facts, glyphs=glyphs)
    for row in rows:
        sheet.add(row)
    sheet.close()
    return out.getvalue(), sheet.count


def printable(text: str, glyphs: frozenset[int]) -> str:
    """The text with what the font cannot draw written as code points in brackets; line breaks become spaces."""
    out: list[str] = []
    run: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        if char.isspace():
            char = " "
        if ord(char) in glyphs and unicodedata.bidirectional(char) not in ("R", "AL"):
            out += [_coded(run), char] if run else [char]
            run = []
        else:
            run.append(f"{ord(char):04X}")
    return "".join([*out, _coded(run)] if run else out)


def _coded(codes: list[str]) -> str:
    return f"[U+{' '.join(codes)}]"


@cache
def _glyphs(font: Path) -> frozenset[int]:
    """Register the font once per process; the code points it can draw."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    found = TTFont(FONT, str(font))
    pdfmetrics.registerFont(found)
    return frozenset(code for code in found.face.charToGlyph if code >= 32)


class _Sheet:
    """Pages being filled. The last line of each waits for the number of pages, so pages are drawn when all are known."""

    def __init__(self, canvas: Any, *, columns: list[Column], facts: Facts, glyphs: frozenset[int]) -> None:
        self.canvas, self.columns, self.facts, self.glyphs = canvas, columns, facts, glyphs
        self.width, self.height = canvas._pagesize
        share = sum(column.share for column in columns)
        inner = self.width - 2 * MARGIN
        self.widths = [inner * column.share / share for column in columns]
        self.pages: list[list[list[list[str]]]] = [[]]
        self.top = self.height - MARGIN - 4 * LEADING - GAP
        self.left = self._room()
        self.count = 0

    def add(self, row: Row) -> None:
        cells = [
            list(self._lines(self._text(row.cells.get(column.name)), width - GAP))
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        height = max(len(lines) for lines in cells) * LEADING + GAP
        if height > self.left and self.pages[-1]:
            self.pages.append([])
            self.left = self._room()
        self.pages[-1].append(cells)
        self.left -= height
        self.count += 1

    def close(self) -> None:
        for number, page in enumerate(self.pages, start=1):
            self._head()
            y = self._heading(self.top)
            for cells in page:
                y = self._row(cells, y)
            self._foot(number, any("[U+" in line for cells in page for lines in cells for line in lines))
            self.canvas.showPage()
        self.canvas.save()

    def _room(self) -> float:
        return self.top - MARGIN - 3 * LEADING - GAP - LEADING

    def _text(self, value: Any) -> str:
        text = "" if value is None else value if isinstance(value, str) else str(plain(value))
        text = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
        return printable(text, self.glyphs)

    def _lines(self, text: str, width: float) -> Iterator[str]:
        """Words that fit the width; a word that is longer than a line is broken."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        line = ""
        for word in text.split(" "):
            wanted = f"{line} {word}" if line else word
            if stringWidth(wanted, FONT, SIZE) <= width:
                line = wanted
                continue
            if line:
                yield line
            while stringWidth(word, FONT, SIZE) > width and len(word) > 1:
                cut = max(1, int(len(word) * width / stringWidth(word, FONT, SIZE)))
                while cut > 1 and stringWidth(word[:cut], FONT, SIZE) > width:
                    cut -= 1
                yield word[:cut]
                word = word[cut:]
            line = word
        yield line

    def _head(self) -> None:
        facts, y = self.facts, self.height - MARGIN
        self.canvas.setFont(FONT, 11)
        self.canvas.drawString(MARGIN, y, printable(f"{facts.title} of {facts.tenant_name}", self.glyphs))
        self.canvas.setFont(FONT, SIZE)
        lines = list(self._lines(printable(f"Filter: {facts.words}", self.glyphs), self.width - 2 * MARGIN))
        said = [*lines[:2], printable(f"Taken {facts.at_text} by {facts.exported_by}", self.glyphs)]
        for line in said:
            y -= LEADING + 1
            self.canvas.drawString(MARGIN, y, line)

    def _heading(self, y: float) -> float:
        self.canvas.setFillGray(0.92)
        self.canvas.rect(MARGIN, y - LEADING, self.width - 2 * MARGIN, LEADING + GAP / 2, stroke=0, fill=1)
        self.canvas.setFillGray(0)
        return self._row([[column.label or column.name] for column in self.columns], y)

    def _row(self, cells: list[list[str]], y: float) -> float:
        x = MARGIN
        for lines, width in zip(cells, self.widths, strict=True):
            for place, line in enumerate(lines):
                self.canvas.drawString(x + GAP / 2, y - (place + 1) * LEADING + GAP / 2, line)
            x += width
        y -= max(map(len, cells)) * LEADING + GAP / 2
        self.canvas.setStrokeGray(0.8)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(MARGIN, y, self.width - MARGIN, y)
        return y - GAP / 2

    def _foot(self, number: int, is_coded: bool) -> None:
        facts = self.facts
        self.canvas.setFont(FONT, SIZE)
        if is_coded:
            self.canvas.drawString(MARGIN, MARGIN + LEADING, NOTE)
        self.canvas.drawString(MARGIN, MARGIN, f"Chain head: entry {facts.head_sequence}, {facts.head_hash}")
        self.canvas.drawRightString(self.width - MARGIN, MARGIN, f"Page {number} of {len(self.pages)}")
