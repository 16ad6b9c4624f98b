"""Labelled requests as files hold them: CSV with the columns `text` and `label`, or JSON Lines with those members. Pure.

`intent`, as public collections call it, stands for a `label` that is not there. Other columns are passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from governance import canonical
from governance.errors import Invalid
from routing.router.evaluating import Row

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 100_000
LONGEST: Final = 20_000
LONGEST_LABEL: Final = 200


def rows_of(data: bytes, *, name: str) -> list[Row]:
    """The requests in a file's bytes. Raises `Invalid`, with the file's name and the line."""
    if len(data) > MOST_BYTES:
        raise Invalid(
            f"{name} has more than {MOST_BYTES // 2**20} MB. Give a part of it; some thousand requests are plenty."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 (byte {error.start:,}). Save it as UTF-8.") from None
    if not text.strip():
        raise Invalid(f"{name} is empty. It needs a line for each request: its text, and its label.")
    found = []
    for line, row in _from_lines(text, name) if text.lstrip()[0] in "{[" else _from_csv(text, name):
        found.append(_checked(row, line, name))
        if len(found) > MOST_ROWS:
            raise Invalid(f"{name} has more than {MOST_ROWS:,} requests. Give a part of it.")
    if not found:
        raise Invalid(f"{name} has a heading and no requests.")
    return found


def _from_lines(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = canonical.loads(line)
        except Invalid as error:
            raise Invalid(f"{name}, line {number}: {error.sentence}") from None
        if not isinstance(row, dict):
            raise Invalid(
                f'{name}, line {number} is no JSON object such as {{"text": "Run payroll", "label": "payroll"}}.'
            )
        yield number, _named(row, f"{name}, line {number}")


def _from_csv(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _named(dict.fromkeys(reader.fieldnames or ()), name)
        for row in reader:
            yield reader.line_num, _named(row, name)
    except csv.Error as error:
        raise Invalid(f"{name}, line {reader.line_num}: this is no CSV ({error}).") from None


def _named(row: dict[str, Any], where: str) -> dict[str, Any]:
    if "label" not in row and "intent" in row:
        row = {**row, "label": row["intent"]}
    for column in ("text", "label"):
        if column not in row:
            has = ", ".join(str(one)[:40] for one in list(row)[:8]) or "nothing"
            raise Invalid(f"{where} has no column {column}; it has {has}. Name the columns text and label.")
    return row


def _checked(row: dict[str, Any], line: int, name: str) -> Row:
    text, label = row["text"], row["label"]
    for column, value, most in (("text", text, LONGEST), ("label", label, LONGEST_LABEL)):
        if not isinstance(value, str) or not value.strip():
            raise Invalid(f"{name}, line {line}: {column} is empty or no text.")
        if len(value) > most:
            raise Invalid(f"{name}, line {line}: {column} is longer than {most:,} characters.")
    return Row(text.strip(), label.strip())
