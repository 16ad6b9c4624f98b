"""One column of a CSV file as pieces of numbers, read as it comes. Pure: it is given lines."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from governance.errors import Invalid

PIECE: Final = 8_192
LARGEST: Final = 1e300
"""Beyond it sums of numbers are none."""
_SHOWN: Final = 40


class NoColumn(Invalid):
    """The stream cannot be read: no such column, or a cell that holds no number."""

    code = "no_column"


def numbers(lines: Iterable[str], *, column: str) -> Iterator[NDArray[np.float64]]:
    """The column's numbers in pieces; rows count from 0 below the header.

    Raises `NoColumn` for a file without a header, a column that is missing or there twice, a cell that is no finite number.
    """
    reader = csv.reader(lines)
    try:
        place = _place(next(reader, None), column)
        yield from _pieces(reader, place)
    except csv.Error as error:
        raise NoColumn(f"Line {reader.line_num:,} is no CSV: {error}.") from error
    except UnicodeDecodeError as error:
        raise NoColumn("The file is not UTF-8 text; save it as CSV in UTF-8.") from error


def number(said: object, *, row: int) -> float:
    """A finite number; raises `NoColumn` naming the row."""
    try:
        value = float(said)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not -LARGEST <= value <= LARGEST or isinstance(said, bool):
        text = str(said)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        what = f"{shown!r} is not" if text.strip() else "an empty cell holds not"
        raise NoColumn(f"Row {row:,}: {what} a number between -1e300 and 1e300. Rows count from 0 below the header.")
    return value


def _place(header: Sequence[str] | None, column: str) -> int:
    if header is None:
        raise NoColumn("The file is empty; it needs a line with the names of its columns.")
    names = [name.strip().removeprefix("\ufeff") for name in header]
    if names.count(column) != 1:
        known = ", ".join(names[:20]) + (" and others" if len(names) > 20 else "")
        raise NoColumn(
            f"The file has {'no' if column not in names else 'more than one'} column {column}: it has {known}."
        )
    return names.index(column)


def _pieces(reader: Iterator[list[str]], place: int) -> Iterator[NDArray[np.float64]]:
    row, piece, is_over = 0, [], False
    for cells in reader:
        if not cells:
            is_over = True  # blank lines may end a file; between rows one is a missing number
            continue
        if is_over or len(cells) <= place:
            raise NoColumn(f"Row {row:,} has no such column; every row needs a number there.")
        try:
            value = float(cells[place])
        except ValueError:
            value = math.nan
        piece.append(value if -LARGEST <= value <= LARGEST else number(cells[place], row=row))
        row += 1
        if len(piece) == PIECE:
            yield np.array(piece)
            piece = []
    if piece:
        yield np.array(piece)
