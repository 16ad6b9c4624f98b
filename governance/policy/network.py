"""A ground theory as a network: what hangs on what, as integers, built in time linear in the theory.

A *node* is a question ("is ~p provable?", "is p obligatory?"), an *arm* one literal of one rule's head with what it takes for
the rule to reach it, a *front* the arms against one literal and who may beat them. `propagation` lets truth run through it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from governance.policy.rules import Rule, Strength
from governance.policy.terms import Constant, Holds, Literal, Modality, Variable

Key = str | tuple[str, tuple[tuple[bool, Constant | Variable], ...]]


class Kind(IntEnum):
    """What a rule concludes: a fact, an obligation, a permission; or, at the end of a chain, that nothing repairs it."""

    CONSTITUTIVE = 0
    PRESCRIPTIVE = 1
    PERMISSIVE = 2
    TERMINAL = 3


KINDS: Final = {
    Modality.FACT: Kind.CONSTITUTIVE,
    Modality.OBLIGATION: Kind.PRESCRIPTIVE,
    Modality.PERMISSION: Kind.PERMISSIVE,
}


class Instance(NamedTuple):
    """A rule with constants for its variables. `is_dead`: a comparison is false or the rule is not valid."""

    rule: Rule
    body: tuple[Holds, ...]
    chain: tuple[Literal, ...]
    is_dead: bool = False


@dataclass(slots=True)
class Front:
    """The arms against one literal. `unbeaten` counts those not yet out of the way; `is_lost` when one stands for good."""

    attackers: list[int] = field(default_factory=list)
    beaters: list[int] = field(default_factory=list)
    unbeaten: int = 0
    is_lost: bool = False
    feeds: tuple[int, ...] = ()


class Network:
    """Literal ids are even for an atom, odd for its opposite; a node's id is its literal's id times `stride` plus the kind."""

    def __init__(self, facts: Iterable[Literal], instances: list[Instance]) -> None:
        self.literals: list[Literal] = []
        self._ids: dict[Key, int] = {}
        self.facts = [self.literal(fact) for fact in facts]
        self.instances = instances
        self.has_norms = any(_is_norm(instance) for instance in instances)
        self.stride = 3 if self.has_norms else 1
        self.arm_instance: list[int] = []
        self.arm_head: list[int] = []
        self.arm_kind: list[Kind] = []
        self.arm_supports: list[bool] = []
        self.arm_left: list[int] = []
        self.arm_next: list[int] = []
        self.bodies = [self._body(instance) for instance in instances]
        self.chains = [[self.literal(literal) for literal in instance.chain] for instance in instances]
        self.watchers: list[list[int]] = [[] for _ in range(len(self.literals) * self.stride)]
        """Of each node the arms that wait for it, as the arm's id doubled, plus one where they wait for its absence."""
        for number in range(len(instances)):
            self._add_arms(number)
        self.fronts = self._fronts()

    def literal(self, literal: Literal) -> int:
        """The id of a literal."""
        atom = literal.atom
        # True equals 1 in Python; as arguments they are two things
        key = (atom.name, tuple((isinstance(arg, bool), arg) for arg in atom.args)) if atom.args else atom.name
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.literals)
            positive = literal.complement if literal.is_negated else literal
            self.literals += (positive, positive.complement)
        return found + literal.is_negated

    def node(self, literal: int, kind: Kind) -> int:
        """The id of the question whether the literal holds, is obligatory, is permitted."""
        return literal * self.stride + kind

    def _body(self, instance: Instance) -> list[tuple[int, Kind, bool]]:
        return [(self.literal(each.literal), KINDS[each.modality], each.is_absent) for each in instance.body]

    def _add_arms(self, number: int) -> None:
        rule = self.instances[number].rule
        kind = KINDS[rule.head.modality]
        supports = rule.strength is not Strength.DEFEATER
        before = -1
        for literal in self.chains[number]:
            before = self._add_arm(number, literal, kind, supports, before)
        if kind is Kind.PRESCRIPTIVE and supports:
            self._add_arm(number, -1, Kind.TERMINAL, False, before)

    def _add_arm(self, number: int, literal: int, kind: Kind, supports: bool, before: int) -> int:
        arm = len(self.arm_head)
        self.arm_instance.append(number)
        self.arm_head.append(literal)
        self.arm_kind.append(kind)
        self.arm_supports.append(supports)
        self.arm_next.append(-1)
        if before < 0:
            self.arm_left.append(len(self.bodies[number]))
            for other, asked, is_absent in self.bodies[number]:
                self.watchers[self.node(other, asked)].append(arm * 2 + is_absent)
            return arm
        # reached when the literal before it was reached, is in force and is broken
        self.arm_left.append(3)
        self.arm_next[before] = arm
        self.watchers[self.node(self.arm_head[before], Kind.PRESCRIPTIVE)].append(arm * 2)
        self.watchers[self.node(self.arm_head[before] ^ 1, Kind.CONSTITUTIVE)].append(arm * 2)
        return arm

    def _fronts(self) -> dict[tuple[int, Kind], Front]:
        """By the literal attacked and the kind of the attackers, where there are attackers."""
        found: dict[tuple[int, Kind], Front] = {}
        for arm, head in enumerate(self.arm_head):
            kind = self.arm_kind[arm]
            if kind is not Kind.TERMINAL:
                key = head ^ 1, kind
                front = found.get(key)
                if front is None:
                    front = found[key] = Front(feeds=self._fed(*key))
                front.attackers.append(arm)
        for arm, head in enumerate(self.arm_head):
            if self.arm_supports[arm]:
                for kind in BEATS[self.arm_kind[arm]]:
                    if (head, kind) in found:
                        found[head, kind].beaters.append(arm)
        for front in found.values():
            front.unbeaten = len(front.attackers)
        return found

    def _fed(self, literal: int, attackers: Kind) -> tuple[int, ...]:
        return tuple(self.node(literal, kind) for kind in FEEDS[attackers])


BEATS: Final = {
    Kind.CONSTITUTIVE: (Kind.CONSTITUTIVE,),
    Kind.PRESCRIPTIVE: (Kind.PRESCRIPTIVE, Kind.PERMISSIVE),
    Kind.PERMISSIVE: (Kind.PRESCRIPTIVE,),
}
"""Which kinds of attackers a rule of a kind may beat: a permission does not beat a permission."""

FEEDS: Final = {
    Kind.CONSTITUTIVE: (Kind.CONSTITUTIVE,),
    Kind.PRESCRIPTIVE: (Kind.PRESCRIPTIVE, Kind.PERMISSIVE),
    Kind.PERMISSIVE: (Kind.PRESCRIPTIVE,),
}
"""Which questions the attackers of a kind stand against: a permission of ~p is no attack on the permission of p."""


def _is_norm(instance: Instance) -> bool:
    return instance.rule.head.modality is not Modality.FACT or any(
        condition.modality is not Modality.FACT for condition in instance.body
    )
