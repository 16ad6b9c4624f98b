"""What a change of the tenant's law says and does; the law is a constitution of kind `law`. Pure.

A prohibition or a need for approval that comes tightens, and expands when it goes. A permission, and an obligation (what must be
done may be done), expands when it comes and tightens when it goes. What two rules do to each other is not judged here: a changed
rule, a preference, a conclusion about facts or a defeater is unclassified, which needs the authority of an expansion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from governance.canonical import JSON
from governance.constitution.effects import overall
from governance.constitution.fields import Effect
from governance.constitution.values import MISSING, Path
from governance.constitution.wording import listed, named, quoted, visible
from governance.policy.errors import NotATheory
from governance.policy.rules import Rule, Strength, Theory
from governance.policy.terms import Modality
from governance.policy.text import parse
from governance.policy.writing import rule_text

if TYPE_CHECKING:
    from governance.constitution.diff import Change

DOCUMENTS: Final = "documents"
_APPROVED: Final = "approved"
_WORDS: Final = {
    "title": "the title",
    "text": "the wording",
    "authority": "the authority",
    "format": "the format",
    "enacted_at": "the date of enactment",
    "untranslated": "the list of what could not be translated",
}
_UNDONE: Final = {Effect.TIGHTENS: Effect.EXPANDS, Effect.EXPANDS: Effect.TIGHTENS}
LONGEST: Final = 160
"""Longest rule text that a sentence shows, in characters."""


def is_law(document: JSON) -> bool:
    return isinstance(document, Mapping) and document.get("kind") == "law"


def worded(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of a law, each below its documents with its own effect and words."""
    return tuple(
        replace(change, effect=effect_of(change), said=said(change)) if change.path[:1] == (DOCUMENTS,) else change
        for change in changes
    )


def effect_of(change: Change) -> Effect:
    """The effect of one change below the documents."""
    old, new = _rules(change.path, change.old), _rules(change.path, change.new)
    if old is None or new is None:
        return Effect.UNCLASSIFIED
    if change.path[2:3] == ("enacted_at",) or (change.path[2:3] == ("format",) and change.kind == "changed"):
        return Effect.UNCLASSIFIED  # recency, or the class of every rule, changes
    return overall(_effects(old, new))


def said(change: Change) -> str:
    """What happens, as a clause of the sentence."""
    path, names = change.path, [visible(str(name)) for name in change.path[1:]]
    if len(path) == 1:
        return "the documents of the law are replaced"
    if len(path) == 2:
        return _document_said(names[0], change)
    if path[2] == "clauses" and len(path) >= 4:
        return _clause_said(f"clause {names[2]} of {names[0]}", change)
    if path[2] == "digest":
        return f"the document {names[0]} is imported anew"
    return f"{_WORDS.get(str(path[2]), quoted(str(path[2])))} of {names[0]} changes"


def _document_said(name: str, change: Change) -> str:
    if change.new is MISSING:
        return f"the document {name} is no longer law"
    count = len(_clauses(change.new))
    rules = _rules(change.path, change.new)
    counted = f"{count:,} clause{'' if count == 1 else 's'}"
    number = len(rules.rules) if rules else 0
    return f"the document {name} becomes law, {counted} and {number:,} rule{'' if number == 1 else 's'}"


def _clause_said(name: str, change: Change) -> str:
    if len(change.path) == 4 and change.kind in ("added", "removed"):
        clause = change.old if change.new is MISSING else change.new
        title = clause.get("title") if isinstance(clause, Mapping) else ""
        what = f"{name}{f' {quoted(title)}' if title else ''} is {change.kind}"
        return f"{what}{_shown(change)}"
    if change.path[4:] == ("rules",):
        return f"{name} changes its rules{_shown(change)}"
    part = str(change.path[4]) if len(change.path) > 4 else ""
    return f"{_WORDS.get(part, 'a part')} of {name} changes"


def _shown(change: Change) -> str:
    """The rules that come, go or change, in their own format."""
    old, new = _rules(change.path, change.old) or Theory(), _rules(change.path, change.new) or Theory()
    before, after = _by_id(old), _by_id(new)
    come = [_short(after[id]) for id in after if before.get(id) != after[id]]
    gone = [id for id in before if id not in after]
    parts = [listed(come, limit=3)] if come else []
    if gone and change.new is not MISSING:
        parts.append(f"without {listed([named(id) for id in gone])}")
    return f": {', '.join(parts)}" if parts else ""


def _short(rule: Rule) -> str:
    return visible(rule_text(rule), limit=LONGEST)


def _effects(old: Theory, new: Theory) -> Iterable[Effect]:
    before, after = _by_id(old), _by_id(new)
    for id, rule in after.items():
        if id not in before:
            yield _effect_of_rule(rule)
        elif before[id] != rule:
            yield Effect.UNCLASSIFIED
    for id, rule in before.items():
        if id not in after:
            effect = _effect_of_rule(rule)
            yield _UNDONE.get(effect, effect)
    if set(old.preferences) != set(new.preferences) or set(old.facts) != set(new.facts):
        yield Effect.UNCLASSIFIED


def _effect_of_rule(rule: Rule) -> Effect:
    """What a rule does when it comes."""
    first, modality = rule.head.chain[0], rule.head.modality
    if modality is Modality.FACT or rule.strength is Strength.DEFEATER or len(rule.head.chain) > 1:
        return Effect.UNCLASSIFIED
    if modality is Modality.PERMISSION:
        return Effect.EXPANDS
    is_need = first.atom.name == _APPROVED
    return Effect.TIGHTENS if is_need is not first.is_negated else Effect.EXPANDS


def _by_id(theory: Theory) -> dict[str, Rule]:
    return {rule.id: rule for rule in theory.rules}


def _rules(path: Path, value: JSON) -> Theory | None:
    """The rules in a value at this path; None where they cannot be read."""
    if value is MISSING:
        return Theory()
    texts = _texts(path, value)
    try:
        found = [parse(text) for text in texts]
    except NotATheory:
        return None
    return Theory(
        rules=tuple(rule for theory in found for rule in theory.rules),
        facts=tuple(fact for theory in found for fact in theory.facts),
        preferences=tuple(pair for theory in found for pair in theory.preferences),
    )


def _texts(path: Path, value: JSON) -> list[str]:
    if len(path) == 1:
        return [text for document in _members(value) for text in _texts((DOCUMENTS, ""), document)]
    if len(path) == 2:
        return [text for clause in _clauses(value).values() for text in _texts((DOCUMENTS, "", "clauses", ""), clause)]
    if path[2] != "clauses":
        return []
    if len(path) == 3:
        return [text for clause in _members(value) for text in _texts((*path, ""), clause)]
    if len(path) == 4:
        value = value.get("rules", "") if isinstance(value, Mapping) else ""
    elif path[4:] != ("rules",):
        return []
    return [value] if isinstance(value, str) else []


def _members(value: JSON) -> list[JSON]:
    return list(value.values()) if isinstance(value, Mapping) else []


def _clauses(document: JSON) -> Mapping[str, JSON]:
    found = document.get("clauses") if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}
