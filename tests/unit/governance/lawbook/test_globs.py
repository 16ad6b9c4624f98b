"""Whether two patterns of tools can mean the same tool."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

from governance.lawbook.globs import overlap

TEXTS = ["".join(chars) for length in range(7) for chars in product("ab", repeat=length)]
GLOBS = ["".join(chars) for length in range(4) for chars in product("ab*", repeat=length)]


def test_overlap__agrees_with_trying_every_text() -> None:
    covered = {glob: {text for text in TEXTS if fnmatchcase(text, glob)} for glob in GLOBS}
    for one, other in product(GLOBS, repeat=2):
        assert overlap(one, other) == bool(covered[one] & covered[other]), (one, other)
