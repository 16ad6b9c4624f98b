"""The sentences of session rules as they are kept and as they are read. Pure."""

from __future__ import annotations

import re
import unicodedata

from governance.errors import Invalid

LONGEST = 500
_MIXED = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts whose letters are taken for Latin ones."""


class NotASentence(Invalid):
    """A rule's text is empty, too long, or holds characters that a reader cannot see or would misread."""

    code = "not_a_sentence"


def checked(text: str) -> str:
    """The sentence as it is kept: NFC, single spaces. Raises `NotASentence`."""
    if len(text) > 4 * LONGEST:
        raise _wrong(f"A rule is one sentence of at most {LONGEST} characters; this has {len(text):,}.")
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            raise _wrong(
                f"Character {place} is U+{ord(character):04X}, which a reader cannot see. Type the sentence anew without it."
            )
    found = " ".join(unicodedata.normalize("NFC", text).split())
    if not found:
        raise _wrong("Say the rule in one sentence, such as: no external network calls.")
    if len(found) > LONGEST:
        raise _wrong(f"A rule is one sentence of at most {LONGEST} characters; this has {len(found):,}.")
    for word in re.findall(r"\w+", found):
        if _is_disguised(word):
            raise _wrong(f"“{word}” mixes letters of two scripts that look alike. Type it anew in one script.")
    return found


def plain(sentence: str) -> str:
    """The sentence as it is read: compatibility forms undone (full width, ligatures), straight quotes, no full stop."""
    found = unicodedata.normalize("NFKC", sentence).replace("’", "'").replace("‘", "'")
    return " ".join(found.split()).rstrip(".! ")


def _is_disguised(word: str) -> bool:
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}
    return "LATIN" in scripts and any(script in scripts for script in _MIXED)


def _wrong(sentence: str) -> NotASentence:
    return NotASentence(sentence, problems=(("/rule", sentence),))
