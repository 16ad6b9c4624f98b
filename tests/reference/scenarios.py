"""Questions with a seed: a small rulebook and what is asked of it. This file and a number are stored, not the questions."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import (
    Arithmetic,
    Atom,
    Compares,
    Condition,
    Fact,
    Holds,
    Known,
    Literal,
    Matches,
    Modality,
    Variable,
)

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
ACTIONS = ("upload", "payroll.send", "payroll.read", "mail.delete")
GLOBS = {
    "upload": ("up*", "*"),
    "payroll.send": ("payroll.*", "*"),
    "payroll.read": ("*.read", "*"),
    "mail.delete": ("mail.*", "*"),
}
BASE = ("verified", "weekend", "trusted", "consent", "notify", "repair", "apologise", "customer.adult")
DERIVED = ("risky", "cleared", "senior", "exempt")
DUTIES = ("notify", "repair", "apologise", "publish", "report")
BEARERS = ("", "", "", "", "clay-*", "clay-consigliere", "mara", "*")
X = Variable("X")


@dataclass(frozen=True)
class Scenario:
    theory: Theory
    facts: dict[str, Any]
    action: str
    bearer: str
    at: datetime = AT


def scenario(seed: int) -> Scenario:
    """The scenario of that number, always the same."""
    return Maker(random.Random(seed)).scenario()


def shuffled(asked: Scenario, dice: random.Random) -> Scenario:
    """The same question, told in another order."""
    rules, preferences = list(asked.theory.rules), list(asked.theory.preferences)
    for told in (rules, preferences):
        dice.shuffle(told)
    return replace(
        asked, theory=Theory(tuple(rules), asked.theory.facts, tuple(preferences)), facts=_turned(asked.facts, dice)
    )


def rephrased(asked: Scenario, dice: random.Random) -> Scenario:
    """The same question, the conditions of every rule in another order."""
    rules = [replace(rule, body=tuple(dice.sample(rule.body, len(rule.body)))) for rule in asked.theory.rules]
    return replace(asked, theory=replace(asked.theory, rules=tuple(rules)))


def _turned(facts: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    keys = dice.sample(list(facts), len(facts))
    return {key: _turned(facts[key], dice) if isinstance(facts[key], dict) else facts[key] for key in keys}


class Maker:
    """Makes one scenario from a dice: which weights there are, who asks, and the rules one by one."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.action = dice.choice(ACTIONS)
        self.weights = dice.sample(tuple(Precedence), dice.choice((1, 1, 2, 3)))
        self.number = 0
        self.is_dated, self.is_bound = dice.random() < 0.3, dice.random() < 0.3
        self.share_forbidding = dice.choice((0.2, 0.5, 0.8))

    def scenario(self) -> Scenario:
        rules = [self.about_the_action() for _ in range(self.dice.randint(1, 5))]
        if self.chance(0.7):
            rules.append(
                self.rule(Head((Literal(Atom(self.dice.choice((self.action, "*")))),), Modality.PERMISSION), ())
            )
        rules += [
            self.constitutive(level)
            for level in range(len(DERIVED))
            for _ in range(self.dice.choice((0, 0, 1, 1, 2, 3)))
        ]
        rules += [self.content() for _ in range(self.dice.choice((0, 0, 1, 2)))]
        rules += [self.duty() for _ in range(self.dice.choice((0, 0, 1, 2, 3)))]
        rules += [self.approval() for _ in range(self.dice.choice((0, 1, 2)))]
        rules += [self.opposite(self.dice.choice(rules)) for _ in range(self.dice.choice((0, 1, 2, 3)))]
        if self.chance(0.03):
            rules += self.circle()
        self.dice.shuffle(rules)
        facts = () if self.chance(0.8) else (Literal(Atom(self.dice.choice(BASE)), self.chance(0.3)),)
        return Scenario(Theory(tuple(rules), facts, self.preferences(rules)), self.facts(), self.action, self.asking())

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def asking(self) -> str:
        return self.dice.choice(("", "clay-consigliere", "mara", "clay-x")) if self.is_bound else ""

    # Facts.

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "amount": self.dice.choice((0, 3, 499, 500, 501, 10_000, Decimal("0.1"), Decimal("500.00"))),
            "limit": self.dice.choice((500, 1000)),
            "parts": self.dice.choice((0, 1, 3)),
            "role": self.dice.choice(("auditor", "officer", "")),
            "path": self.dice.choice(("/tmp/a", "/etc/passwd", "/tmp/")),
            "country": self.dice.choice(("de", "at", "ch")),
            "listed": self.dice.sample(("de", "at", "ch", "fr"), self.dice.randint(0, 3)),
            "open": self.dice.choice((True, False)),
        }
        found |= {name: self.chance(0.6) for name in BASE if "." not in name and self.chance(0.85)}
        found["customer"] = {"adult": self.chance(0.7), "vip": self.chance(0.3)}
        found |= {name: self.chance(0.5) for name in DERIVED if self.chance(0.04)}
        if self.chance(0.3):
            found["approved"] = [self.dice.choice((self.action, "upload"))]
        for name in list(found):
            if self.chance(0.025):
                found[name] = None
            elif self.chance(0.01):
                found[name] = self.dice.choice((True, "many", 7, ["a", "b"]))
            elif self.chance(0.025):
                del found[name]
        return found

    # Rules.

    def rule(self, head: Head, body: Iterable[Condition], *, is_plain: bool = False) -> Rule:
        self.number += 1
        day = timedelta(days=1)
        begins = self.dice.choice((None, None, AT - 2 * day, AT, AT + day)) if self.is_dated else None
        ends = self.dice.choice((None, None, AT - day, AT, AT + day, AT + 2 * day)) if self.is_dated else None
        if begins and ends and ends <= begins:
            ends = None
        return Rule(
            id=f"r{self.number}",
            head=head,
            body=_bound(body),
            strength=Strength.DEFEASIBLE if is_plain else self.dice.choices(tuple(Strength), (2, 14, 2))[0],
            weight=int(self.dice.choice(self.weights)),
            source=f"gov.md {self.number}",
            valid_from=begins,
            valid_until=ends,
            enacted_at=self.dice.choice((None, None, AT - day, AT - 2 * day)),
            bearer=self.dice.choice(BEARERS) if self.is_bound else "",
        )

    def about_the_action(self) -> Rule:
        name = self.dice.choice((self.action, self.action, *GLOBS[self.action]))
        modality = Modality.OBLIGATION if self.chance(self.share_forbidding) else Modality.PERMISSION
        is_negated = modality == Modality.OBLIGATION and self.chance(0.9)
        return self.rule(Head((Literal(Atom(name), is_negated),), modality), self.body(len(DERIVED)))

    def constitutive(self, level: int) -> Rule:
        name = DERIVED[level]
        if self.chance(0.1):
            return self.rule(
                Head((Literal(Atom("foreign", (X,)), self.chance(0.3)),)),
                [Holds(Literal(Atom("country", (X,)))), *self.body(level)],
            )
        return self.rule(Head((Literal(Atom(name), self.chance(0.4)),)), self.body(level))

    def content(self) -> Rule:
        """A rule that says whether a duty is kept."""
        return self.rule(
            Head((Literal(Atom(self.dice.choice(("report", "publish"))), self.chance(0.3)),)), self.body(0)
        )

    def duty(self) -> Rule:
        names = self.dice.sample(DUTIES, self.dice.choice((1, 1, 2, 3)))
        chain = tuple(Literal(Atom(name), self.chance(0.2)) for name in names)
        about = (
            [Holds(Literal(Atom(self.action)))]
            if self.chance(0.6)
            else [Holds(Literal(Atom("action", (self.action,))))]
        )
        if self.chance(0.25):
            return self.rule(Head(chain[:1], Modality.PERMISSION), self.body(2))
        return self.rule(
            Head(chain, Modality.OBLIGATION), [*about, *self.body(2)] if self.chance(0.8) else self.body(2)
        )

    def approval(self) -> Rule:
        who = self.dice.choice(((), (), ("hr",)))
        if self.chance(0.2):
            body = [Holds(Literal(Atom("action", (X,)))), *self.body(len(DERIVED))]
            return self.rule(Head((Literal(Atom("approved", (X, *who))),), Modality.OBLIGATION), body)
        what = self.dice.choice((self.action, *GLOBS[self.action]))
        if self.chance(0.25):
            return self.rule(
                Head((Literal(Atom("approved", (what, *who)), True),), Modality.PERMISSION), self.body(len(DERIVED))
            )
        return self.rule(Head((Literal(Atom("approved", (what, *who))),), Modality.OBLIGATION), self.body(len(DERIVED)))

    def opposite(self, rule: Rule) -> Rule:
        """A rule that contradicts another, often in its very case, so that two have to be told apart."""
        made = self.rule(Head((rule.head.chain[0].complement,), rule.head.modality), rule.body)
        if self.chance(0.5):
            extra = tuple(c for c in self.body(0) if c not in made.body)
            made = replace(made, body=_bound(made.body + extra))
        return replace(made, weight=rule.weight) if self.chance(0.6) else made

    def circle(self) -> list[Rule]:
        names = self.dice.sample(("one", "two", "three"), self.dice.choice((1, 2, 3)))
        rules = [
            self.rule(
                Head((Literal(Atom(name)),)),
                [Holds(Literal(Atom(names[i - 1])), is_absent=self.chance(0.5))],
                is_plain=True,
            )
            for i, name in enumerate(names)
        ]
        return [
            *rules,
            self.rule(Head((Literal(Atom(self.action), True),), Modality.OBLIGATION), [Holds(Literal(Atom(names[0])))]),
        ]

    def body(self, level: int) -> list[Condition]:
        return [self.condition(level) for _ in range(self.dice.choice((0, 0, 1, 1, 1, 2, 2, 3)))]

    def condition(self, level: int) -> Condition:
        kind = self.dice.random()
        if kind < 0.35:
            return self.comparison()
        if kind < 0.42 and level >= 3:
            modality = self.dice.choice((Modality.OBLIGATION, Modality.PERMISSION))
            return Holds(
                Literal(Atom(self.dice.choice(("report", "publish"))), self.chance(0.2)), modality, self.chance(0.4)
            )
        if kind < 0.44:
            return Matches(X, self.dice.choice(("*.send", "up*")))
        if kind < 0.48:
            return Holds(Literal(Atom("country", (self.dice.choice(("de", "at")),))))
        names = BASE + DERIVED[:level] * 2 if level else BASE
        return Holds(Literal(Atom(self.dice.choice(names)), self.chance(0.2)), is_absent=self.chance(0.2))

    def comparison(self) -> Condition:
        amount, limit, parts = Fact("amount"), Fact("limit"), Fact("parts")
        return self.dice.choice(
            (
                Compares(self.dice.choice(("<", "<=", ">", ">=", "==", "!=")), amount, 500),
                Compares(self.dice.choice(("<=", ">")), Arithmetic("*", amount, 2), limit),
                Compares(">", Arithmetic("/", amount, parts), Arithmetic("-", limit, Decimal("0.5"))),
                Compares("==", Arithmetic("*", Arithmetic("/", amount, 3), 3), amount),
                Compares(self.dice.choice(("==", "!=")), Fact("role"), "auditor"),
                Compares(self.dice.choice(("==", "!=")), Fact("open"), True),
                Known(self.dice.choice(("limit", "country", "absent"))),
                Matches(Fact("path"), self.dice.choice(("/tmp/*", "/tmp/?", "*"))),
            )
        )

    # Precedence.

    def preferences(self, rules: list[Rule]) -> tuple[tuple[str, str], ...]:
        """Between rules of one weight, in one direction, so that no circle comes of it."""
        pairs = [
            (a.id, b.id) for a in rules for b in rules if a.id < b.id and a.weight == b.weight and _contradict(a, b)
        ]
        return tuple(self.dice.sample(pairs, min(len(pairs), self.dice.choice((0, 0, 1, 2)))))


def _bound(body: Iterable[Condition]) -> tuple[Condition, ...]:
    """Each condition once; a variable in a comparison stands for the action."""
    once = tuple(dict.fromkeys(body))
    has_variable = any(isinstance(c, Matches) and c.value == X for c in once)
    binding = Holds(Literal(Atom("action", (X,))))
    return (binding, *once) if has_variable and binding not in once else once


def _contradict(a: Rule, b: Rule) -> bool:
    fact = Modality.FACT
    if (a.head.modality == fact) != (b.head.modality == fact):
        return False
    return any(
        p.atom.name == q.atom.name or "*" in p.atom.name + q.atom.name for p in a.head.chain for q in b.head.chain
    )
