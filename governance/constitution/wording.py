"""How values read in a sentence: numbers, units, durations, lists, and hostile text made visible. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from governance.canonical import JSON
from governance.constitution.effects import is_number

LONGEST: Final = 60
"""Longest quoted text in a sentence, in characters."""

# unit of the stored number → steps a person would say, largest first: (how many, name)
_DURATIONS: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    "ms": (
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1_000, "second"),
    ),
    "seconds": ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")),
    "minutes": ((1_440, "day"), (60, "hour"), (1, "minute")),
    "hours": ((24, "day"), (1, "hour")),
    "days": ((365, "year"), (1, "day")),
}
_SUFFIXES: Final = {
    "usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "ms": "ms", "seconds": "seconds", "secs": "seconds",
    "minutes": "minutes", "hours": "hours", "days": "days", "percent": "%", "gb": "GB", "mb": "MB", "tokens": "tokens",
}  # fmt: skip
_MONEY: Final = frozenset({"USD", "EUR", "GBP", "CHF"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:/-]{0,58}[A-Za-z0-9])?")
_PLAIN_KEY = re.compile(r"\w(?:[\w .-]{0,58}\w)?")
_SECRET = re.compile(
    r"(?:^|_)(?:secret|password|passwd|passphrase|token|api_?key|private_?key|credentials?)$",
    re.IGNORECASE,
)


def unit_of(key: str) -> str | None:
    """The unit that a key's last part names (`limit_usd` → USD), if any."""
    return _SUFFIXES.get(key.rpartition("_")[2].lower()) if "_" in key else None


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value must not be shown."""
    return bool(_SECRET.search(key))


def humanised(key: str) -> str:
    """A key as words (`max_retries` → `max retries`), its unit left to the number; quoted where it is no plain name."""
    if not _PLAIN_KEY.fullmatch(key):
        return quoted(key)
    bare = key.rpartition("_")[0] if unit_of(key) else key
    return bare.replace("_", " ").strip() or key


def visible(text: str, *, limit: int = LONGEST) -> str:
    """One line of text with everything that could hide or reorder it escaped, shortened in the middle of nothing."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(character if character.isprintable() else _escaped(character) for character in cut)


def _escaped(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return short or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def quoted(text: str) -> str:
    return f"“{visible(text)}”"


def named(text: str) -> str:
    """A name as it is, or in quotation marks where it could be read as part of the sentence."""
    return text if _PLAIN_NAME.fullmatch(text) else quoted(text)


def number(value: float) -> str:
    """Thousands separated, no float noise: 1,000 and 0.65 and 1e+30."""
    if isinstance(value, float) and value and not 1e-6 <= abs(value) < 1e15:
        return repr(value)
    exact = Decimal(repr(value))
    whole = exact == exact.to_integral_value()
    return f"{exact.quantize(Decimal(1)) if whole else exact.normalize():,f}"


def measured(value: JSON, unit: str | None) -> tuple[str, str]:
    """The number and its unit as a person says them, apart: 2555 days are ("7", "years")."""
    if not is_number(value):
        return shown(value), ""
    if unit in _DURATIONS:
        return _duration(value, unit)
    if unit in _MONEY:
        return _money(value), unit
    if unit == "%":
        return f"{number(value)} %", ""
    return number(value), "" if unit in (None, "ratio") else unit


def shown(value: JSON, unit: str | None = None) -> str:
    """Any JSON value in a few words."""
    if is_number(value):
        return " ".join(filter(None, measured(value, unit)))
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return _counted(value, "item")
    if isinstance(value, dict):
        return _counted(value, "field")
    return "nothing" if value is None else "yes" if value else "no"


def span(old: JSON, new: JSON, unit: str | None) -> str:
    """`from 50 to 500 USD`: the unit once where both have it."""
    (before, one), (after, other) = measured(old, unit), measured(new, unit)
    first = before if _plural(one) == _plural(other) else f"{before} {one}".strip()
    return f"from {first} to {after} {other}".rstrip()


def short(old: JSON, new: JSON, unit: str | None) -> str:
    """The old value, without its unit where the new one is said in the same."""
    (before, one), (_, other) = measured(old, unit), measured(new, unit)
    return before if _plural(one) == _plural(other) else f"{before} {one}".strip()


def listed(names: Sequence[str], *, limit: int = 5) -> str:
    """`a, b and c`; beyond the limit `a, b and 7 more`."""
    if len(names) > limit:
        names = [*names[: limit - 1], f"{len(names) - limit + 1:,} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _duration(value: float, unit: str) -> tuple[str, str]:
    for size, name in _DURATIONS[unit]:
        count = Decimal(repr(value)) / size
        if count and count == count.to_integral_value():
            words = number(int(count))
            return words, name if words == "1" else f"{name}s"
    if not value and unit != "ms":
        return "0", unit
    return number(value), unit


def _money(value: float) -> str:
    exact = Decimal(repr(value))
    cents = exact.quantize(Decimal("0.01")) if abs(exact) < 10**15 else exact
    return f"{cents:,.2f}" if cents == exact and exact != exact.to_integral_value() else number(value)


def _plural(unit: str) -> str:
    return unit if not unit or unit.endswith("s") or unit.isupper() else f"{unit}s"


def _counted(value: Sequence[JSON] | dict[str, JSON], word: str) -> str:
    if not value:
        return "an empty list" if word == "item" else "nothing inside"
    return f"{len(value):,} {word}{'' if len(value) == 1 else 's'}"
