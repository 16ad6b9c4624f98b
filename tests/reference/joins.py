"""Questions with variables: lists of facts joined, conclusions about each item, absence, comparisons of a variable."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import Atom, Compares, Condition, Fact, Holds, Literal, Modality, Variable

from .scenarios import Maker, Scenario

PLACES = ("de", "at", "ch", "fr")
GIVEN = ("listed", "country", "region")
CONCLUDED = ("far", "odd")
X, Y = Variable("X"), Variable("Y")


def joined(seed: int) -> Scenario:
    """The scenario of that number, always the same."""
    return _Joins(random.Random(f"joins {seed}")).scenario()


class _Joins(Maker):
    def scenario(self) -> Scenario:
        self.is_dated = self.is_bound = False
        rules = [
            self.over(Head((Literal(Atom(name, (X,)), self.chance(0.3)),)), level, (X,))
            for level, name in enumerate(CONCLUDED)
            for _ in range(self.dice.randint(1, 3))
        ]
        rules += [self.over(self.norm(), len(CONCLUDED)) for _ in range(self.dice.randint(1, 3))]
        rules.append(self.rule(Head((Literal(Atom("*")),), Modality.PERMISSION), ()))
        if self.chance(0.5):
            rules.append(self.over(Head((Literal(Atom("approved", (self.action,))),), Modality.OBLIGATION), 2))
        if self.chance(0.5):
            told = self.over(Head((Literal(Atom("told", (X,))),), Modality.OBLIGATION), 2, (X,))
            rules.append(replace(told, body=(Holds(Literal(Atom(self.action))), *told.body)))
        self.dice.shuffle(rules)
        near = {Literal(Atom("near", (self.dice.choice(PLACES), self.dice.choice(PLACES)))): None for _ in range(3)}
        facts = {
            "listed": self.dice.sample(PLACES, self.dice.randint(0, 3)),
            "country": self.dice.choice(PLACES),
            "region": self.dice.sample(PLACES, 2),
            "verified": self.chance(0.6),
            "told": self.dice.sample(PLACES, 1),
        }
        return Scenario(Theory(tuple(rules), tuple(near), self.preferences(rules)), facts, self.action, "")

    def norm(self) -> Head:
        is_ban = self.chance(0.6)
        return Head((Literal(Atom(self.action), is_ban),), Modality.OBLIGATION if is_ban else Modality.PERMISSION)

    def over(self, head: Head, level: int, spoken: Sequence[Variable] = ()) -> Rule:
        """A rule whose every variable is bound by a fact."""
        variables = (X, Y) if self.chance(0.5) else (X,)
        body = [self.about(level, variables) for _ in range(self.dice.randint(1, 3))]
        used = {term for condition in body for term in _terms(condition) if isinstance(term, Variable)} | set(spoken)
        binds = [self.holds(self.dice.choice(GIVEN), each) for each in sorted(used, key=lambda one: one.name)]
        return self.rule(head, [*binds, *body], is_plain=self.chance(0.7))

    def about(self, level: int, variables: tuple[Variable, ...]) -> Condition:
        term, kind = self.dice.choice((*variables, *PLACES)), self.dice.random()
        if kind < 0.45:
            return self.holds(self.dice.choice(GIVEN), term)
        if kind < 0.55:
            return self.holds("near", term, self.dice.choice((*variables, *PLACES)))
        if kind < 0.75 and level:
            return Holds(Literal(Atom(self.dice.choice(CONCLUDED[:level]), (term,)), self.chance(0.2)))
        if kind < 0.82:
            return Holds(Literal(Atom("listed", (term,))), is_absent=True)
        if kind < 0.9:
            left = term if isinstance(term, Variable) else Fact("country")
            return Compares(self.dice.choice(("==", "!=", "<")), left, self.dice.choice(PLACES))
        return Holds(Literal(Atom("verified")))

    def holds(self, name: str, *terms: Variable | str) -> Holds:
        return Holds(Literal(Atom(name, terms)))


def _terms(condition: Condition) -> Sequence[object]:
    if isinstance(condition, Holds):
        return condition.literal.atom.args
    return (condition.left,) if isinstance(condition, Compares) else ()
