"""What of an address's query string is worth keeping. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

LONGEST, MOST_PARAMETERS = 2_000, 40
PASSING = frozenset({"page", "before", "after", "cursor", "format", "all"})
"""Where somebody was in a list, not what they looked for."""


def kept(query: str) -> str:
    """The query string, sorted, without empty and passing parameters; "" when nothing is left.

    Raises `ValueError`, with a sentence, for one that is too long or no text.
    """
    if len(query) > LONGEST:
        raise ValueError(f"A search is at most {LONGEST:,} characters long.")
    try:
        pairs = parse_qsl(query.removeprefix("?"), max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        raise ValueError(f"A search is text with at most {MOST_PARAMETERS} filters.") from None
    wanted = [(name, value.strip()) for name, value in pairs if name not in PASSING and value.strip()]
    if any("\x00" in part for pair in wanted for part in pair):
        raise ValueError("A search cannot hold the character U+0000.")
    return urlencode(sorted(wanted))
