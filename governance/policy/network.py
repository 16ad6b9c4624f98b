"""A ground theory as a network: what hangs on what, as integers, built in time linear in the theory.

A *node* is a question ("is ~p provable?", "is p obligatory?"), an *arm* one literal of one rule's head with what it takes for
the rule to reach it, a *front* (with a node for its id) the arms of one kind against one literal.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from itertools import accumulate
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
        self.chains = [tuple(map(self.literal, instance.chain)) for instance in instances]
        self.size = len(self.literals) * self.stride
        self.attackers = [0] * self.size
        """Of each node how many arms of its kind stand against its literal."""
        self._edges: list[int] = []
        for number in range(len(instances)):
            self._add_arms(number)
        self._starts, self._waiting = self._sorted_edges()

    def watchers(self, node: int) -> list[int]:
        """The arms that wait for the node: each arm's id doubled, plus one where it waits for the node's absence."""
        return self._waiting[self._starts[node] : self._starts[node + 1]]

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

    def _body(self, instance: Instance) -> tuple[int, ...]:
        """Of each condition its node doubled, plus one where its absence is asked."""
        stride, literal = self.stride, self.literal
        return tuple(2 * (literal(one.literal) * stride + KINDS[one.modality]) + one.is_absent for one in instance.body)

    def _add_arms(self, number: int) -> None:
        rule = self.instances[number].rule
        kind = KINDS[rule.head.modality]
        supports = rule.strength is not Strength.DEFEATER
        before = -1
        for literal in self.chains[number]:
            before = self._add_arm(number, literal, kind, supports, before)
            self.attackers[self.node(literal ^ 1, kind)] += 1
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
            for condition in self.bodies[number]:
                self._edges += (condition >> 1, arm * 2 + (condition & 1))
            return arm
        # reached when the literal before it was reached, is in force and is broken
        self.arm_left.append(3)
        self.arm_next[before] = arm
        broken = self.arm_head[before]
        self._edges += (self.node(broken, Kind.PRESCRIPTIVE), arm * 2)
        self._edges += (self.node(broken ^ 1, Kind.CONSTITUTIVE), arm * 2)
        return arm

    def _sorted_edges(self) -> tuple[list[int], list[int]]:
        """The edges by node, in two flat lists: a list for each node would be a million lists for the collector to look at."""
        nodes, arms = self._edges[::2], self._edges[1::2]
        ends = [0] * (self.size + 1)
        for node in nodes:
            ends[node + 1] += 1
        starts = list(accumulate(ends))
        free, waiting = starts.copy(), [0] * len(arms)
        for node, arm in zip(nodes, arms, strict=True):
            waiting[free[node]] = arm
            free[node] += 1
        return starts, waiting


OPPOSES: Final = {
    Kind.CONSTITUTIVE: (Kind.CONSTITUTIVE,),
    Kind.PRESCRIPTIVE: (Kind.PRESCRIPTIVE, Kind.PERMISSIVE),
    Kind.PERMISSIVE: (Kind.PRESCRIPTIVE,),
}
"""Which kinds of rules a rule of a kind is against, and may beat: all of its own, but two permissions never meet."""


def _is_norm(instance: Instance) -> bool:
    return instance.rule.head.modality is not Modality.FACT or any(
        condition.modality is not Modality.FACT for condition in instance.body
    )
