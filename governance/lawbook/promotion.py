"""A session rule that proved itself, as a rule of the law. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from governance.errors import DomainError
from governance.policy.rules import Head, Rule
from governance.policy.terms import Atom, Condition, Holds, Literal
from governance.policy.writing import rule_text
from governance.rulebook import english

_HELPER: Final = "session."
_LASTING: Final = "promoted."


class NotPromotable(DomainError):
    """The session's sentence is guidance: there is no rule in it."""

    code = "not_promotable"


@dataclass(frozen=True, slots=True)
class Promotion:
    """The sentence, its rules for the law, and what it did while the session lasted."""

    sentence: str
    rules: str
    session: str
    usage: Mapping[str, Any]

    def evidence(self) -> dict[str, Any]:
        return {"session": self.session, "session_rule": self.sentence, **self.usage}


def lasting_rules(sentence: str, *, id: str) -> str:
    """The sentence's rules as law. Raises `NotPromotable` for guidance.

    The helpers of "only …" are called by another name: what begins with `session` is TARS's own to say.
    """
    theory = english.compiled(sentence, id=id, source="")
    if theory is None:
        raise NotPromotable(
            "This sentence is guidance: it holds no rule. Say it as “no …” or “require approval for …”."
        )
    return "\n".join(rule_text(_lasting(rule)) for rule in theory.rules)


def _lasting(rule: Rule) -> Rule:
    body = tuple(_condition(one) for one in rule.body)
    return replace(rule, body=body, head=Head(tuple(map(_literal, rule.head.chain)), rule.head.modality))


def _condition(condition: Condition) -> Condition:
    return replace(condition, literal=_literal(condition.literal)) if isinstance(condition, Holds) else condition


def _literal(literal: Literal) -> Literal:
    name = literal.atom.name
    if not name.startswith(_HELPER):
        return literal
    return Literal(Atom(_LASTING + name.removeprefix(_HELPER), literal.atom.args), literal.is_negated)


def usage_said(
    *, uses: int, added_by: str, added_at: str, last_used_at: str, verdicts: Sequence[str]
) -> dict[str, Any]:
    """Usage as evidence names it."""
    return {
        "uses": uses,
        "added_by": added_by,
        "added_at": added_at,
        "last_used_at": last_used_at or None,
        "verdicts": list(verdicts),
    }
