"""Conflicts whose resolution is known because they are built around it: who must win, and by which of the four precedences.

Both sides apply to the question. Whatever does not decide speaks for the loser: where weight decides, the loser is the more
special and the newer rule, and so on. Around the two stand rules that must not matter.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Compares, Condition, Fact, Holds, Literal, Modality

from .scenarios import AT, Scenario

KINDS = (
    "weight",
    "preference",
    "specificity",
    "recency",
    "nothing",
    "validity",
    "bearer",
    "false",
    "missing",
    "derived",
    "defeater",
    "approval",
)
DAY = timedelta(days=1)
ACTION = "payroll.send"


@dataclass(frozen=True)
class Conflict:
    kind: str
    scenario: Scenario
    outcome: str
    because: frozenset[str]
    missing: frozenset[str] = frozenset()


def conflict(number: int) -> Conflict:
    return _Builder(random.Random(f"conflict {number}"), KINDS[number % len(KINDS)]).build()


class _Builder:
    def __init__(self, dice: random.Random, kind: str) -> None:
        self.dice, self.kind = dice, kind
        self.permits = dice.random() < 0.5
        self.facts: dict[str, Any] = {
            "amount": dice.randint(0, 900),
            "country": dice.choice(("de", "at")),
            "night": True,
            "audit": True,
        }
        self.extra: list[Rule] = []
        self.preferences: list[tuple[str, str]] = []
        common = self.holding(dice.randint(0, 2))
        weight = dice.choice((600, 700, 800))
        self.winner = Rule(
            "winner", self.head(self.permits), common, weight=weight, source="law 1", enacted_at=AT - 9 * DAY
        )
        self.loser = Rule(
            "loser", self.head(not self.permits), common, weight=weight, source="law 2", enacted_at=AT - 9 * DAY
        )

    def build(self) -> Conflict:
        getattr(self, self.kind)()
        outcome, because = ("permit" if self.permits else "deny"), {"winner"}
        if self.kind == "nothing":
            outcome, because = "deny", {"winner", "loser"}
        elif self.kind == "missing":
            outcome, because = "deny", {"loser"}
        elif self.kind == "approval" and self.permits:
            outcome, because = "require_approval", {"approval"}
        rules = [self.winner, self.loser, *self.extra, *self.noise()]
        self.dice.shuffle(rules)
        missing = frozenset({"absent"} if self.kind == "missing" else ())
        asked = Scenario(Theory(tuple(rules), (), tuple(self.preferences)), self.facts, ACTION, "clay-consigliere")
        return Conflict(self.kind, asked, outcome, frozenset(because), missing)

    # One method a kind: how the two stand to each other.

    def weight(self) -> None:
        self.winner = replace(self.winner, weight=self.winner.weight + self.dice.choice((1, 100, 300)))
        self.loser = replace(self.special(self.loser), enacted_at=AT - DAY)

    def preference(self) -> None:
        self.loser = replace(self.special(self.loser), enacted_at=AT - DAY)
        self.preferences.append(("winner", "loser"))

    def specificity(self) -> None:
        self.winner = self.special(self.winner)
        self.loser = replace(self.loser, enacted_at=AT - DAY)

    def recency(self) -> None:
        if self.dice.random() < 0.5:
            self.loser = replace(self.loser, enacted_at=None)
        else:
            self.winner = replace(
                self.winner, enacted_at=self.winner.enacted_at and self.winner.enacted_at + timedelta(microseconds=1)
            )

    def nothing(self) -> None:
        if self.dice.random() < 0.5:
            self.winner, self.loser = self.aside(self.winner, "night"), self.aside(self.loser, "audit")

    def validity(self) -> None:
        late, over = {"valid_from": AT + timedelta(microseconds=1)}, {"valid_until": AT}
        self.loser = replace(self.loser, weight=950, **self.dice.choice((late, over)))
        self.winner = replace(self.winner, valid_from=AT, valid_until=AT + timedelta(microseconds=1))

    def bearer(self) -> None:
        self.loser = replace(self.loser, weight=950, bearer=self.dice.choice(("mara", "consigliere", "clay", "*-x")))
        self.winner = replace(self.winner, bearer=self.dice.choice(("", "*", "clay-*", "clay-consigliere")))

    def false(self) -> None:
        wrong = Compares("==", Fact("country"), "fr")
        self.loser = replace(self.loser, weight=950, body=(*self.loser.body, wrong, Compares(">", Fact("absent"), 5)))

    def missing(self) -> None:
        self.loser = replace(
            self.loser, weight=self.dice.choice((500, 950)), body=(*self.loser.body, Compares(">", Fact("absent"), 5))
        )

    def derived(self) -> None:
        depth = self.dice.randint(1, 8)
        for i in range(depth):
            body = [Holds(Literal(Atom(f"step{i}")))] if i else [Holds(Literal(Atom("night")))]
            self.extra.append(Rule(f"d{i}", Head((Literal(Atom(f"step{i + 1}")),)), tuple(body)))
        self.winner = replace(self.aside(self.winner, f"step{depth}"), weight=self.winner.weight + 1)
        self.loser = self.special(self.loser)

    def defeater(self) -> None:
        """What a defeater forbids is not forbidden: it only keeps the other side from being proved."""
        self.permits = False
        self.loser = replace(self.loser, head=self.head(True))
        self.winner = replace(self.winner, head=self.head(False), weight=self.loser.weight + 1)
        self.extra.append(
            replace(self.loser, id="shield", weight=950, strength=Strength.DEFEATER, head=self.head(False))
        )

    def approval(self) -> None:
        self.weight()
        self.extra.append(
            Rule("approval", Head((Literal(Atom("approved", ("payroll.*",))),), Modality.OBLIGATION), weight=700)
        )

    # Parts.

    def head(self, permits: bool) -> Head:
        name = self.dice.choice((ACTION, "payroll.*", "*.send"))
        return Head((Literal(Atom(name), not permits),), Modality.PERMISSION if permits else Modality.OBLIGATION)

    def holding(self, count: int) -> tuple[Condition, ...]:
        true = (
            Holds(Literal(Atom("country", (self.facts["country"],)))),
            Compares("<=", Fact("amount"), self.facts["amount"]),
            Compares(">", Fact("amount"), self.facts["amount"] - 1),
            Holds(Literal(Atom("never")), is_absent=True),
        )
        return tuple(self.dice.sample(true, count))

    def special(self, rule: Rule) -> Rule:
        return self.aside(rule, self.dice.choice(("night", "audit")))

    def aside(self, rule: Rule, name: str) -> Rule:
        return replace(rule, body=(*rule.body, Holds(Literal(Atom(name)))))

    def noise(self) -> list[Rule]:
        """Rules about other actions, other times, other people, of any weight; and light ones that the two outrank."""
        found = [
            replace(self.dice.choice((self.winner, self.loser)), id=f"n{i}", weight=1000, **self.silent(i))
            for i in range(self.dice.randint(0, 12))
        ]
        if self.kind not in ("nothing", "missing"):
            found.append(Rule("light", self.head(not self.permits), weight=400))
        return found

    def silent(self, i: int) -> dict[str, Any]:
        other = Head((Literal(Atom("payroll.read"), i % 2 == 0),), self.loser.head.modality)
        return self.dice.choice(({"head": other}, {"valid_until": AT}, {"valid_from": AT + DAY}, {"bearer": "mara"}))
