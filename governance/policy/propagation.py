"""Truth running through a network: every arm is reached or given up once, every node proved or refuted at most once.

Two waves: first what is definite (strict rules alone), then what is defeasible. What neither wave settles hangs on itself.
"""

from __future__ import annotations

from bisect import bisect_left

from governance.policy.network import OPPOSES, Instance, Kind, Network
from governance.policy.order import Front, Order, Rank
from governance.policy.rules import Strength
from governance.policy.terms import Modality

OPEN, PROVED, REFUTED = 0, 1, 2

Waiting = dict[int, list[int]]
"""Of a literal the strict rules that have it in their bodies."""


class Definite:
    """+Δ and −Δ of every literal, in `status`."""

    def __init__(self, network: Network) -> None:
        self.steps = 0
        size = len(network.literals)
        self.status = [OPEN] * size
        left: list[int] = []
        heads: list[int] = []
        waiting: dict[int, list[int]] = {}
        supporters = [0] * size
        ready = list(network.facts)
        factual = 2 * network.stride
        for instance, body, chain in zip(network.instances, network.bodies, network.chains, strict=True):
            if _can_be_definite(instance) and not any(condition % factual for condition in body):
                for condition in body:
                    waiting.setdefault(condition // factual, []).append(len(left))
                supporters[chain[0]] += 1
                left.append(len(body))
                heads.append(chain[0])
                if not body:
                    ready.append(chain[0])
        self._prove(ready, left, heads, waiting)
        given_up = [literal for literal in range(size) if not self.status[literal] and not supporters[literal]]
        self._refute(given_up, heads, waiting, supporters)

    def _prove(self, ready: list[int], left: list[int], heads: list[int], waiting: Waiting) -> None:
        while ready:
            literal = ready.pop()
            if self.status[literal]:
                continue
            self.status[literal] = PROVED
            for rule in waiting.get(literal, ()):
                self.steps += 1
                left[rule] -= 1
                if not left[rule]:
                    ready.append(heads[rule])

    def _refute(self, ready: list[int], heads: list[int], waiting: Waiting, supporters: list[int]) -> None:
        discarded = bytearray(len(heads))
        while ready:
            literal = ready.pop()
            self.status[literal] = REFUTED
            for rule in waiting.get(literal, ()):
                self.steps += 1
                head = heads[rule]
                if discarded[rule]:
                    continue
                discarded[rule] = True
                supporters[head] -= 1
                if not supporters[head] and not self.status[head]:
                    ready.append(head)


def _can_be_definite(instance: Instance) -> bool:
    rule = instance.rule
    return rule.strength is Strength.STRICT and rule.head.modality is Modality.FACT and not instance.is_dead


class Ladder:
    """The attackers of a front by what they endure: those below the highest rank that was reached are beaten, those at or
    above the highest that can still be reached stand. Both ends only ever move inwards."""

    __slots__ = ("attackers", "beaten", "endured", "gone", "ranks", "standing")

    def __init__(self, front: Front, order: Order) -> None:
        self.attackers = sorted(front.attackers, key=order.endures.__getitem__)
        self.endured = [order.endures[arm] for arm in self.attackers]
        self.ranks = sorted((order.rank[arm], arm) for arm in front.beaters)
        self.gone: set[int] = set()
        self.beaten = 0
        self.standing = bisect_left(self.endured, self.ranks[-1][0])

    def reached(self, rank: Rank) -> list[int]:
        """The attackers that are beaten now that an arm of this rank was reached."""
        start, self.beaten = self.beaten, max(self.beaten, bisect_left(self.endured, rank))
        return self.attackers[start : self.beaten]

    def given_up(self, arm: int) -> list[int]:
        """The attackers that stand now that an arm was given up."""
        self.gone.add(arm)
        while self.ranks and self.ranks[-1][1] in self.gone:
            self.ranks.pop()
        end = self.standing
        self.standing = min(end, bisect_left(self.endured, self.ranks[-1][0])) if self.ranks else 0
        return self.attackers[self.standing : end]


class Defeasible:
    """+∂ and −∂ of every node, in `status`; `reached` says which arms were."""

    def __init__(self, network: Network, definite: Definite, order: Order) -> None:
        self.network = network
        self.definite = definite.status
        self.order = order
        self.steps = 0
        nodes = network.size
        self.status = [OPEN] * nodes
        self.reached = [OPEN] * len(network.arm_head)
        self.has_reached = bytearray(nodes)
        self.supporters = [0] * nodes
        self.unbeaten = list(network.attackers)
        """Of each front the attackers not yet out of the way."""
        self.is_lost = bytearray(nodes)
        """Of each front whether an attacker stands for good."""
        self.left = list(network.arm_left)
        self.resolved = bytearray(len(network.arm_head))
        self.superiors: dict[int, int] = {}
        self.ladders: dict[int, list[Ladder]] = {}
        self.waiting: list[tuple[int, int]] = []
        self._prepare()
        self._run()

    def _prepare(self) -> None:
        network = self.network
        for arm, supports in enumerate(network.arm_supports):
            if supports:
                self.supporters[self._target(arm)] += 1
        for attackers in self.order.inferiors.values():
            for attacker in attackers:
                self.superiors[attacker] = self.superiors.get(attacker, 0) + 1
        self.by_rank: dict[int, int] = {}
        if self.order.rank:
            self._raise_ladders()
        for arm, left in enumerate(network.arm_left):
            if network.instances[network.arm_instance[arm]].is_dead:
                self.waiting.append((arm, REFUTED))
            elif not left:
                self.waiting.append((arm, PROVED))

    def _raise_ladders(self) -> None:
        for front in self.order.fronts:
            ladder = Ladder(front, self.order)
            self.by_rank.update(dict.fromkeys(ladder.attackers[: ladder.standing], 1))
            for arm in front.beaters:
                self.ladders.setdefault(arm, []).append(ladder)

    def _target(self, arm: int) -> int:
        return self.network.node(self.network.arm_head[arm], self.network.arm_kind[arm])

    def _run(self) -> None:
        for node in range(len(self.status)):
            self._check(node)
        while self.waiting:
            arm, outcome = self.waiting.pop()
            if self.reached[arm] == OPEN:
                self.reached[arm] = outcome
                self._settled(arm, is_reached=outcome == PROVED)

    def _settled(self, arm: int, *, is_reached: bool) -> None:
        self.steps += 1
        after = self.network.arm_next[arm]
        if after >= 0:
            self._count(after) if is_reached else self.waiting.append((after, REFUTED))
        if self.network.arm_kind[arm] is Kind.TERMINAL:
            return
        if self.network.arm_supports[arm]:
            self._supported(arm, is_reached=is_reached)
        if is_reached:
            self._stands(arm)
        else:
            self._resolve(arm)

    def _supported(self, arm: int, *, is_reached: bool) -> None:
        target = self._target(arm)
        if is_reached:
            self.has_reached[target] = 1
        else:
            self.supporters[target] -= 1
        self._check(target)
        for attacker in self.order.inferiors.get(arm, ()):
            self.steps += 1
            if is_reached:
                for peer in self.order.peers.get(attacker, (attacker,)):
                    self._resolve(peer)
            else:
                self._fewer_superiors(attacker)
        for ladder in self.ladders.get(arm, ()):
            self._on_ladder(ladder, arm, is_reached=is_reached)

    def _fewer_superiors(self, attacker: int) -> None:
        self.superiors[attacker] -= 1
        if not self.superiors[attacker]:
            for peer in self.order.peers.get(attacker, (attacker,)):
                self._stands(peer)

    def _on_ladder(self, ladder: Ladder, arm: int, *, is_reached: bool) -> None:
        if is_reached:
            for attacker in ladder.reached(self.order.rank[arm]):
                self._resolve(attacker)
        else:
            for attacker in ladder.given_up(arm):
                self.by_rank[attacker] = 0
                self._stands(attacker)

    def _front(self, arm: int) -> int:
        return self.network.node(self.network.arm_head[arm] ^ 1, self.network.arm_kind[arm])

    def _resolve(self, attacker: int) -> None:
        """An attacker is out of the way: given up, or beaten."""
        if self.resolved[attacker]:
            return
        self.resolved[attacker] = 1
        front = self._front(attacker)
        self.unbeaten[front] -= 1
        if not self.unbeaten[front]:
            self._tell(attacker)

    def _stands(self, attacker: int) -> None:
        """An attacker may have been reached with nobody left who could beat it."""
        leader = self.order.leader.get(attacker, attacker)
        if self.reached[attacker] != PROVED or self.superiors.get(leader, 0) or self.by_rank.get(attacker, 0):
            return
        front = self._front(attacker)
        if not self.is_lost[front]:
            self.is_lost[front] = 1
            self._tell(attacker)

    def _tell(self, attacker: int) -> None:
        """Look again at the questions that an attacker stands against."""
        opposite, kind = self.network.arm_head[attacker] ^ 1, self.network.arm_kind[attacker]
        for against in OPPOSES[kind]:
            self._check(self.network.node(opposite, against))

    def _check(self, node: int) -> None:
        if self.status[node] != OPEN:
            return
        self.steps += 1
        literal, kind = divmod(node, self.network.stride)
        verdict = self._factual(literal, node) if kind == Kind.CONSTITUTIVE else self._normative(Kind(kind), node)
        if verdict == OPEN:
            return
        self.status[node] = verdict
        for watcher in self.network.watchers(node):
            self.steps += 1
            arm, is_absent = watcher >> 1, watcher & 1
            if (verdict == PROVED) is not bool(is_absent):
                self._count(arm)
            else:
                self.waiting.append((arm, REFUTED))
        if kind == Kind.PRESCRIPTIVE:
            self._check(node + 1)

    def _count(self, arm: int) -> None:
        self.left[arm] -= 1
        if not self.left[arm]:
            self.waiting.append((arm, PROVED))

    def _factual(self, literal: int, node: int) -> int:
        certain, opposite = self.definite[literal], self.definite[literal ^ 1]
        if certain == PROVED:
            return PROVED
        own = REFUTED if opposite == PROVED else self._contest(node, (node,))
        if own == PROVED:
            return PROVED if opposite == REFUTED else OPEN
        return own if certain == REFUTED else OPEN

    def _normative(self, kind: Kind, node: int) -> int:
        if kind is Kind.PRESCRIPTIVE:
            return self._contest(node, (node, node + 1))
        duty = self.status[node - 1]
        if duty == PROVED:
            return PROVED
        own = self._contest(node, (node - 1,))
        return own if own != REFUTED or duty == REFUTED else OPEN

    def _contest(self, node: int, fronts: tuple[int, ...]) -> int:
        """How the rules for a literal fare against those against it."""
        if not self.supporters[node]:
            return REFUTED
        for front in fronts:
            if self.is_lost[front]:
                return REFUTED
        if not self.has_reached[node]:
            return OPEN
        for front in fronts:
            if self.unbeaten[front]:
                return OPEN
        return PROVED
