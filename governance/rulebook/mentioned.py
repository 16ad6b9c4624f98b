"""Which facts the rules about an action speak of, and which actions rules speak of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from governance.policy.rules import Rule
from governance.policy.terms import Arithmetic, Compares, Condition, Expression, Fact, Holds, Known, Matches, Modality
from governance.rulebook.classes import is_reserved


def facts_for(rules: Iterable[Rule], *, action: str) -> tuple[str, ...]:
    """Names that a person may have to give for this action: what the rules that bear on it ask, and nothing they conclude."""
    known = tuple(rules)
    needed, reached, names = {action}, set[str](), set[str]()
    while needed:
        name = needed.pop()
        reached.add(name)
        for rule in known:
            if _is_about(rule, name, action=action):
                asked = set(_names(rule.body))
                names |= asked
                needed |= asked - reached
    concluded = {
        literal.atom.name for rule in known if rule.head.modality is Modality.FACT for literal in rule.head.chain
    }
    return tuple(sorted(name for name in names - concluded - {action} if not is_reserved(name)))


def actions_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Actions that norms name, without globs and without duties to approve."""
    found = {
        literal.atom.name
        for rule in rules
        if rule.head.modality is not Modality.FACT
        for literal in rule.head.chain
        if "*" not in literal.atom.name and not is_reserved(literal.atom.name)
    }
    return tuple(sorted(found))


def covers(pattern: str, name: str) -> bool:
    """Whether the head of a norm means this action. `*` is the only wild card."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]")) if "*" in pattern else pattern == name


def _is_about(rule: Rule, name: str, *, action: str) -> bool:
    """Whether a rule concludes `name`; of the action itself, norms about it and about its approval."""
    for literal in rule.head.chain:
        heads = {literal.atom.name, *(str(term) for term in literal.atom.args[:1] if literal.atom.name == "approved")}
        if any(covers(head, name) for head in heads):
            return True
    return name == action and any(one == action for one in _names(rule.body))


def _names(body: Iterable[Condition]) -> Iterator[str]:
    for condition in body:
        if isinstance(condition, Holds):
            yield condition.literal.atom.name
        elif isinstance(condition, Known):
            yield condition.name
        elif isinstance(condition, Compares):
            yield from _facts(condition.left)
            yield from _facts(condition.right)
        elif isinstance(condition, Matches):
            yield from _facts(condition.value)


def _facts(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Fact):
        yield expression.name
    elif isinstance(expression, Arithmetic):
        yield from _facts(expression.left)
        yield from _facts(expression.right)
