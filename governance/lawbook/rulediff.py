"""What another law does to the rules: which come, go and change, as sentences. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from governance.policy.rules import Rule, Theory
from governance.policy.words import rule_words
from governance.policy.writing import rule_text

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule by its id. `words` and `text` are what it says then, `old_words` and `old_text` what it says now; "" where it
    does not exist. `clause` is its source."""

    id: str
    kind: Kind
    clause: str
    words: str = ""
    text: str = ""
    old_words: str = ""
    old_text: str = ""


def rule_changes(old: Theory, new: Theory) -> tuple[RuleChange, ...]:
    """Every rule that differs, by id."""
    before, after = ({rule.id: rule for rule in theory.rules} for theory in (old, new))
    return tuple(
        _change(id, before.get(id), after.get(id))
        for id in sorted(before.keys() | after.keys())
        if before.get(id) != after.get(id)
    )


def preference_changes(old: Theory, new: Theory) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Preferences that come and that go, as `strong > weak`."""
    before, after = set(old.preferences), set(new.preferences)
    come, gone = sorted(after - before), sorted(before - after)
    return tuple(f"{a} > {b}" for a, b in come), tuple(f"{a} > {b}" for a, b in gone)


def _change(id: str, old: Rule | None, new: Rule | None) -> RuleChange:
    shown = new or old
    assert shown is not None
    return RuleChange(
        id=id,
        kind="added" if old is None else "removed" if new is None else "changed",
        clause=shown.source,
        words=rule_words(new) if new else "",
        text=rule_text(new) if new else "",
        old_words=rule_words(old) if old else "",
        old_text=rule_text(old) if old else "",
    )
