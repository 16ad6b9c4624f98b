"""Which characters a text of rules may hold, and which names look alike. Hazard: Trojan Source, Unicode TR 36 and 39."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, TypeVar

Place = TypeVar("Place")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BIDI: Final = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACES: Final = set("\u00a0\u1680\u202f\u205f\u3000") | {chr(code) for code in range(0x2000, 0x200B)}

_LOOK_ALIKES: Final = str.maketrans(
    # Cyrillic, Greek, Armenian: each row of letters, and below it the Latin ones that common typefaces draw alike
    "аеорсухкіјѕԁһӏԛԝьАВЕКМНОРСТУХІЈЅԌαικνορτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհցզ",
    "aeopcyxkijsdhlqwbABEKMHOPCTYXIJSGaikvoptuxywABEZHIKMNOPTYXounhgq",
)


def fault(text: str) -> tuple[int, str] | None:
    """The first character that may not stand anywhere, as (index, sentence); None where all is well."""
    found = _CONTROL.search(text)
    hidden = None if text.isascii() else _INVISIBLE.search(text)
    first = min((match for match in (found, hidden) if match), key=lambda match: match.start(), default=None)
    return (first.start(), _sentence(first[0])) if first else None


def is_composed(text: str) -> bool:
    """Whether the text is in Unicode's normal form C, in which equal looks are equal bytes."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def look(name: str) -> str:
    """What a name looks like: two different names with one look are confused by readers."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKES)


def confused(names: Iterable[tuple[str, Place]]) -> tuple[tuple[str, Place], tuple[str, Place]] | None:
    """The first two different names that look alike, with their places."""
    seen: dict[str, tuple[str, Place]] = {}
    for name, place in names:
        other = seen.setdefault(look(name), (name, place))
        if other[0] != name:
            return other, (name, place)
    return None


def spelled(name: str) -> str:
    """A name with its letters beyond ASCII as code points, so that two that look alike can be told apart in a sentence."""
    return "".join(letter if letter.isascii() else f"(U+{ord(letter):04X})" for letter in name)


def _sentence(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if character in _SPACES:
        return f"{code} looks like a space and is none; write an ordinary space."
    if character in _BIDI:
        return f"{code} changes the direction of the text without being seen; leave it out."
    if _CONTROL.match(character):
        return f"The control character {code} cannot stand in rules; leave it out."
    return f"The character {code} cannot be seen; leave it out."
