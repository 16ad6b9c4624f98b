"""Which rules contradict a rule, and who wins where both apply. Pure.

By names, not by cases: two rules that contradict each other here may never apply to one question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.policy.precedence import label_of
from governance.policy.rules import Rule
from governance.policy.terms import Literal, Modality
from governance.rulebook.mentioned import covers


@dataclass(frozen=True, slots=True)
class Opponent:
    """A rule that says the opposite. `wins` is whether it would defeat the rule that was asked about; None: neither does."""

    rule: str
    source: str
    weight: int
    wins: bool | None
    why: str

    @property
    def precedence(self) -> str:
        return label_of(self.weight)


def opponents(rule: Rule, others: Iterable[Rule]) -> tuple[Opponent, ...]:
    """Those against it, what would defeat it first."""
    found = [_opponent(rule, other) for other in others if other.id != rule.id and _contradict(rule, other)]
    order = {True: 0, None: 1, False: 2}
    return tuple(sorted(found, key=lambda one: (order[one.wins], -one.weight, one.rule)))


def _contradict(one: Rule, other: Rule) -> bool:
    if Modality.FACT in (one.head.modality, other.head.modality) and one.head.modality is not other.head.modality:
        return False
    if one.head.modality is other.head.modality is Modality.PERMISSION:
        return False
    return any(_opposite(first, second) for first in one.head.chain for second in other.head.chain)


def _opposite(one: Literal, other: Literal) -> bool:
    if one.is_negated == other.is_negated:
        return False
    is_approval = one.atom.name == "approved"
    if is_approval != (other.atom.name == "approved"):
        # a glob over actions means no approval
        return False
    names = [str(atom.args[0]) if is_approval and atom.args else atom.name for atom in (one.atom, other.atom)]
    return covers(*names) or covers(*reversed(names))


def _opponent(rule: Rule, other: Rule) -> Opponent:
    wins, why = _order(rule, other)
    return Opponent(other.id, other.source, other.weight, wins, why)


def _order(rule: Rule, other: Rule) -> tuple[bool | None, str]:
    """docs/policy.md section 2, without explicit preferences: those stand in the text of the rules."""
    if rule.weight != other.weight:
        return (
            other.weight > rule.weight,
            f"weight {max(rule.weight, other.weight)} over {min(rule.weight, other.weight)}",
        )
    mine, theirs = frozenset(rule.body), frozenset(other.body)
    if mine != theirs and (mine < theirs or theirs < mine):
        return mine < theirs, "the more specific one wins"
    if rule.enacted_at != other.enacted_at:
        newer = rule.enacted_at is None or (other.enacted_at is not None and other.enacted_at > rule.enacted_at)
        return newer, "the newer one wins"
    return None, "nothing tells them apart where both apply"
