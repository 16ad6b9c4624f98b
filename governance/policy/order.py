"""Who beats whom in a network, without looking at every pair.

Without weights: the preferences as given. With weights (docs/policy.md section 2): weight, preference, specificity, recency.
Weight and date order all rules of a front, so a *rank* decides for most pairs; only pairs of one weight that a preference or
specificity turns are listed one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from governance.policy.network import OPPOSES, Kind, Network
from governance.policy.precedence import Precedence
from governance.policy.rules import Rule
from governance.policy.terms import Condition

Rank = tuple[int, datetime]
Body = frozenset[Condition]

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Front:
    """The arms of one kind against one literal, and the arms that may beat them."""

    attackers: list[int] = field(default_factory=list)
    beaters: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """`inferiors` of an arm: the attackers it beats, one by one, each standing for its `peers` as well. Besides, an arm beats
    every attacker of its `fronts` whose `endures` is below its `rank`."""

    inferiors: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    peers: dict[int, list[int]] = field(default_factory=dict)
    leader: dict[int, int] = field(default_factory=dict)
    fronts: list[Front] = field(default_factory=list)
    rank: dict[int, Rank] = field(default_factory=dict)
    endures: dict[int, Rank] = field(default_factory=dict)


def states_weights(rules: Iterable[Rule]) -> bool:
    """Whether a theory speaks of weights: some rule has another one than a rule that states none."""
    return any(rule.weight != Precedence.GENERAL for rule in rules)


def order_of(network: Network, *, rules: Iterable[Rule], preferences: Iterable[tuple[str, str]]) -> Order:
    """The order among the arms of a network."""
    pairs = dict.fromkeys(preferences)
    if not states_weights(rules):
        order = Order()
        for beater, attacker in _preferred(network, pairs):
            order.inferiors[beater].append(attacker)
        return order
    return _Weighing(network, list(pairs)).order


def _preferred(network: Network, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """The arms of two rules in a preference that contradict each other."""
    pairs = list(pairs)
    named = {identity for pair in pairs for identity in pair}
    by_head: dict[tuple[str, int], list[int]] = defaultdict(list)
    by_rule: dict[str, list[int]] = defaultdict(list)
    for arm, head in enumerate(network.arm_head):
        identity = network.instances[network.arm_instance[arm]].rule.id
        if head >= 0 and identity in named:
            by_head[identity, head].append(arm)
            by_rule[identity].append(arm)
    for stronger, weaker in pairs:
        for beater in by_rule[stronger]:
            if network.arm_supports[beater]:
                for attacker in by_head.get((weaker, network.arm_head[beater] ^ 1), ()):
                    if network.arm_kind[attacker] in OPPOSES[network.arm_kind[beater]]:
                        yield beater, attacker


def _fronts(network: Network) -> list[Front]:
    """The fronts on which somebody can be beaten."""
    found: dict[int, Front] = defaultdict(Front)
    for arm, head in enumerate(network.arm_head):
        kind = network.arm_kind[arm]
        if kind is not Kind.TERMINAL:
            found[network.node(head ^ 1, kind)].attackers.append(arm)
        if network.arm_supports[arm]:
            for beaten in OPPOSES[kind]:
                if network.attackers[network.node(head, beaten)]:
                    found[network.node(head, beaten)].beaters.append(arm)
    return [front for front in found.values() if front.attackers and front.beaters]


class _Weighing:
    """Builds the order of a theory that states weights, front by front and, within a front, weight by weight."""

    def __init__(self, network: Network, pairs: list[tuple[str, str]]) -> None:
        self.network = network
        self.order = Order()
        self.turned: dict[int, dict[int, bool]] = defaultdict(dict)
        """Of an attacker the arms against which a preference decides, and whether it decides against the attacker."""
        for beater, attacker in _preferred(network, pairs):
            self.turned[attacker][beater] = True
        for beater, attacker in _preferred(network, [(weaker, stronger) for stronger, weaker in pairs]):
            self.turned[attacker][beater] = False
        self.bodies = [frozenset(instance.rule.body) for instance in network.instances]
        self.order.fronts = _fronts(network)
        for front in self.order.fronts:
            self.front(front)

    def front(self, front: Front) -> None:
        order = self.order
        for arm in front.attackers:
            order.endures[arm] = self.rank(arm)
        for arm in front.beaters:
            order.rank[arm] = self.rank(arm)
        attackers, beaters = self.by_weight(front.attackers), self.by_weight(front.beaters)
        for weight in attackers.keys() & beaters.keys():
            self.level(attackers[weight], beaters[weight])

    def level(self, attackers: list[int], beaters: list[int]) -> None:
        """Attackers and beaters of one weight in one front."""
        bodies = self.by_body(beaters)
        decided = self.specific(self.by_body(attackers), bodies)
        newest = max(self.order.rank[arm] for arm in beaters)
        for peers in self.alike(attackers):
            first = peers[0]
            turned, preferred = decided.get(self.body(first), {}), self.preferred(first)
            if not turned and not preferred:
                continue
            is_dated = newest > self.order.endures[first]
            specific = ((arm, won) for body, won in turned.items() if won or is_dated for arm in bodies[body])
            against = dict(specific) | preferred
            self.listed(peers, self.dated(peers, beaters) | against if is_dated else against)

    def dated(self, peers: list[int], beaters: list[int]) -> dict[int, bool]:
        """What dates decide among rules of one weight; listed one by one where something else turns a part of it."""
        order = self.order
        own = order.endures[peers[0]]
        for arm in peers:
            order.endures[arm] = (own[0], _FOREVER)
        return {arm: order.rank[arm] > own for arm in beaters}

    def listed(self, peers: list[int], against: dict[int, bool]) -> None:
        """Give attackers that are alike the arms that beat them one by one."""
        order, first = self.order, peers[0]
        if len(peers) > 1:
            order.peers[first] = peers
            order.leader.update(dict.fromkeys(peers, first))
        for arm, has_won in against.items():
            if has_won:
                order.inferiors[arm].append(first)

    def preferred(self, attacker: int) -> dict[int, bool]:
        """What preferences decide among rules of one weight; others are errors, and weight has decided."""
        weight = self.rank(attacker)[0]
        return {arm: won for arm, won in self.turned.get(attacker, {}).items() if self.rank(arm)[0] == weight}

    def alike(self, attackers: list[int]) -> Iterable[list[int]]:
        """Attackers that whatever beats one beats all: same body, same date, in no preference."""
        found: dict[object, list[int]] = defaultdict(list)
        for arm in attackers:
            found[arm if arm in self.turned else (self.body(arm), self.order.endures[arm])].append(arm)
        return found.values()

    def specific(
        self, attackers: Mapping[Body, object], beaters: Mapping[Body, object]
    ) -> dict[Body, dict[Body, bool]]:
        """Of an attacker's body the beaters' bodies that contain it (True) or that it contains (False), properly."""
        found: dict[Body, dict[Body, bool]] = defaultdict(dict)
        for attacker, beater in _contained(attackers, beaters):
            found[attacker][beater] = True
        for beater, attacker in _contained(beaters, attackers):
            found[attacker][beater] = False
        return found

    def rule(self, arm: int) -> Rule:
        return self.network.instances[self.network.arm_instance[arm]].rule

    def rank(self, arm: int) -> Rank:
        rule = self.rule(arm)
        return rule.weight, rule.enacted_at or _NEVER

    def body(self, arm: int) -> Body:
        return self.bodies[self.network.arm_instance[arm]]

    def by_weight(self, arms: list[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for arm in arms:
            found[self.rank(arm)[0]].append(arm)
        return found

    def by_body(self, arms: list[int]) -> dict[Body, list[int]]:
        found: dict[Body, list[int]] = defaultdict(list)
        for arm in arms:
            found[self.body(arm)].append(arm)
        return found


def _contained(small: Mapping[Body, object], large: Mapping[Body, object]) -> Iterator[tuple[Body, Body]]:
    """Pairs of a body and a proper superset of it, looked up by its rarest condition."""
    having: dict[Condition, list[Body]] = defaultdict(list)
    for body in large:
        for condition in body:
            having[condition].append(body)
    for body in small:
        lists = [having.get(one, []) for one in body]
        near = min(lists, key=len) if lists else list(large)
        yield from ((body, other) for other in near if body < other)
