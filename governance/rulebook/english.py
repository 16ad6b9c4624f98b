"""The controlled language of session rules: a sentence of it compiles to rules of the engine, every other sentence is guidance.

A session rule ranks as a domain guideline and only tightens: it forbids or asks for approval, it never permits. Pure.
docs/session-rules.md is this module in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import (
    Atom,
    Compares,
    Condition,
    Fact,
    Holds,
    Literal,
    Matches,
    Modality,
    Variable,
)
from governance.rulebook import sentences
from governance.rulebook.vocabulary import Target, target_of


class Kind(StrEnum):
    FORBID = "forbid"
    APPROVE = "approve"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Order:
    """A sentence that was understood. `outside`: "workspace" or a path; what lies within it is left alone ("" everywhere)."""

    kind: Kind
    target: Target
    outside: str = ""


_FORMS = (
    (Kind.FORBID, re.compile(r"(?:no|never|do not|don't|must not|you must not|forbid)\s+(.+)", re.I)),
    (Kind.APPROVE, re.compile(r"(?:always )?(?:requires?|needs?|get|ask for) (?:\w+ )?approval (?:for|before|of) (.+)", re.I)),
    (Kind.APPROVE, re.compile(r"(?:always )?ask (?:me |us |first |a person |a human )?before (.+)", re.I)),
    (Kind.ONLY, re.compile(r"only\s+(.+)", re.I)),
)  # fmt: skip
_OUTSIDE = re.compile(r"(.+?)\s+outside(?: of)?(?: the)? (workspace|[`'\"]?[~./][\w~./*-]*[`'\"]?)", re.I)
_BARE = frozenset({"write", "writing", "writes"})
"""Said of files when a place follows."""


def understood(sentence: str) -> Order | None:
    """What the sentence orders; None for guidance. Raises `NotASentence`."""
    text = sentences.plain(sentences.checked(sentence))
    for kind, form in _FORMS:
        if said := form.fullmatch(text):
            return _order(kind, said[1])
    return None


def compiled(sentence: str, *, id: str, source: str = "session rules") -> Theory | None:
    """The rules that the sentence stands for, called `id`, `id.2`, …; None if it is guidance. Raises `NotASentence`."""
    order = understood(sentence)
    return Theory(rules=tuple(_rules(order, id=id, source=source))) if order else None


def effect(sentence: str) -> str:
    """What is enforced, in words ("forbids network.*"); "" for guidance. Raises `NotASentence`."""
    order = understood(sentence)
    if order is None:
        return ""
    what = ", ".join(order.target.globs) + (" when external" if order.target.is_external else "")
    if order.outside:
        what += f" outside {'the workspace' if order.outside == 'workspace' else order.outside}"
    if order.kind is Kind.ONLY:
        return f"forbids everything but {what}"
    return f"{'forbids' if order.kind is Kind.FORBID else 'asks for approval before'} {what}"


def _order(kind: Kind, words: str) -> Order | None:
    outside = ""
    if kind is not Kind.ONLY and (split := _OUTSIDE.fullmatch(words)):
        words, outside = split[1], split[2].strip("`'\"")
        outside = "workspace" if outside.casefold() == "workspace" else outside
        words = "file writes" if words.casefold() in _BARE else words
    target = target_of(words)
    return Order(kind, target, outside) if target else None


def _rules(order: Order, *, id: str, source: str) -> Iterator[Rule]:
    """The norms first; the helpers that they need after them, so that `id` itself is a norm."""
    names = (id if number == 1 else f"{id}.{number}" for number in range(1, 1000))
    body = _body(order, id=id)
    for head in _heads(order):
        yield _rule(next(names), head, body, source)
        if order.outside and order.outside != "workspace":
            yield _rule(next(names), head, (Matches(Fact("path"), "*..*"), *_external(order)), source)
    for within in _within(order):
        yield _rule(next(names), Head((_covered(id),)), within, source)


def _body(order: Order, *, id: str) -> tuple[Condition, ...]:
    if order.kind is Kind.ONLY:
        return (Holds(_covered(id), is_absent=True),)
    if order.outside == "workspace":
        return (*_external(order), Compares("==", Fact("in_workspace"), False))
    if order.outside:
        return (*_external(order), Holds(_covered(id), is_absent=True))
    return _external(order)


def _heads(order: Order) -> tuple[Head, ...]:
    if order.kind is Kind.ONLY:
        return (_forbids("*"),)
    if order.kind is Kind.FORBID:
        return tuple(_forbids(glob) for glob in order.target.globs)
    approvals = (Literal(Atom("approved", (glob,))) for glob in order.target.globs)
    return tuple(Head((literal,), Modality.OBLIGATION) for literal in approvals)


def _within(order: Order) -> tuple[tuple[Condition, ...], ...]:
    """When the helper literal holds: what "only" covers, or where the path lies within."""
    if order.kind is Kind.ONLY:
        does = Holds(Literal(Atom("action", (Variable("X"),))))
        return tuple((does, Matches(Variable("X"), glob), *_external(order)) for glob in order.target.globs)
    if not order.outside or order.outside == "workspace":
        return ()
    place = order.outside.rstrip("/*")
    return ((Matches(Fact("path"), place),), (Matches(Fact("path"), f"{place}/*"),))


def _external(order: Order) -> tuple[Condition, ...]:
    return (Compares("==", Fact("external"), True),) if order.target.is_external else ()


def _forbids(glob: str) -> Head:
    return Head((Literal(Atom(glob), is_negated=True),), Modality.OBLIGATION)


def _covered(id: str) -> Literal:
    """A helper that no caller can set: facts under `session` are reserved."""
    return Literal(Atom(f"session.{id.rpartition('/')[2]}.covered"))


def _rule(name: str, head: Head, body: tuple[Condition, ...], source: str) -> Rule:
    return Rule(id=name, head=head, body=body, weight=Precedence.DOMAIN, source=source)
