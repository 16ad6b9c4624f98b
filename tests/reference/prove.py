"""The proof conditions of docs/policy.md section 1, word for word, tried on every literal until nothing more is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from governance.policy.rules import Rule, Strength
from governance.policy.terms import Holds, Literal, Modality

from .ground import Instance

FACT, MUST, MAY = Modality.FACT, Modality.OBLIGATION, Modality.PERMISSION
DEFINITE = "definite"
Key = tuple[str, Literal]


@dataclass
class Prover:
    """What is proved (`plus`) and what is refuted (`minus`), as (definite | fact | O | P, literal)."""

    facts: frozenset[Literal]
    rules: list[Instance]
    is_stronger: Callable[[Rule, Rule], bool]
    plus: set[Key] = field(default_factory=set)
    minus: set[Key] = field(default_factory=set)

    def run(self) -> Prover:
        keys = [(tag, lit) for lit in self.literals() for tag in (DEFINITE, FACT, MUST, MAY)]
        while sum(self._learn(key) for key in keys):
            pass
        return self

    def literals(self) -> set[Literal]:
        occur = set(self.facts)
        for rule in self.rules:
            occur |= set(rule.chain) | {c.literal for c in rule.body}
        return occur | {lit.complement for lit in occur}

    def _learn(self, key: Key) -> bool:
        if key in self.plus or key in self.minus:
            return False
        prove, refute = {
            DEFINITE: (self._definite, self._not_definite),
            FACT: (self._fact, self._not_fact),
            MUST: (self._must, self._must_not_be),
            MAY: (self._may, self._may_not),
        }[key[0]]
        if prove(key[1]):
            self.plus.add(key)
        elif refute(key[1]):
            self.minus.add(key)
        return key in self.plus or key in self.minus

    # Definite.

    def _definite(self, q: Literal) -> bool:
        return q in self.facts or any(self._body_is_definite(r) for r in self._strict(q))

    def _not_definite(self, q: Literal) -> bool:
        return q not in self.facts and all(self._body_is_not_definite(r) for r in self._strict(q))

    def _strict(self, q: Literal) -> list[Instance]:
        return [r for r in self._for(q, FACT) if r.rule.strength == Strength.STRICT]

    def _body_is_definite(self, r: Instance) -> bool:
        return not (r.is_false or r.is_unknown) and all(
            _is_plain(c) and (DEFINITE, c.literal) in self.plus for c in r.body
        )

    def _body_is_not_definite(self, r: Instance) -> bool:
        return (
            r.is_false or r.is_unknown or any(not _is_plain(c) or (DEFINITE, c.literal) in self.minus for c in r.body)
        )

    # Defeasible.

    def _fact(self, q: Literal) -> bool:
        if (DEFINITE, q) in self.plus:
            return True
        team = [r for r in self._proving(q, FACT) if self.holds(r)]
        return (
            bool(team)
            and (DEFINITE, q.complement) in self.minus
            and all(self.fails(s) or self._is_beaten(s, team) for s in self._for(q.complement, FACT))
        )

    def _not_fact(self, q: Literal) -> bool:
        if (DEFINITE, q) not in self.minus:
            return False
        return (
            all(self.fails(r) for r in self._proving(q, FACT))
            or (DEFINITE, q.complement) in self.plus
            or any(self.holds(s) and self._withstands(s, self._proving(q, FACT)) for s in self._for(q.complement, FACT))
        )

    # Norms.

    def _must(self, q: Literal) -> bool:
        own, allowed = self._in_chains(q, MUST), self._in_chains(q, MAY)
        team, helpers = self._applicable(own), self._applicable(own + allowed)
        return (
            bool(team)
            and all(self._is_out(s) or self._beats(helpers, s) for s in self._in_chains(q.complement, MUST))
            and all(self._is_out(s) or self._beats(team, s) for s in self._in_chains(q.complement, MAY))
        )

    def _must_not_be(self, q: Literal) -> bool:
        own, allowed = _proving(self._in_chains(q, MUST)), _proving(self._in_chains(q, MAY))
        against, excusing = self._in_chains(q.complement, MUST), self._in_chains(q.complement, MAY)
        return (
            all(self._is_out(r) for r in own)
            or any(self._is_in(s) and self._stands(s, own + allowed) for s in against)
            or any(self._is_in(s) and self._stands(s, own) for s in excusing)
        )

    def _may(self, q: Literal) -> bool:
        if (MUST, q) in self.plus:
            return True
        helpers = self._applicable(self._in_chains(q, MUST) + self._in_chains(q, MAY))
        return bool(self._applicable(self._in_chains(q, MAY))) and all(
            self._is_out(s) or self._beats(helpers, s) for s in self._in_chains(q.complement, MUST)
        )

    def _may_not(self, q: Literal) -> bool:
        if (MUST, q) not in self.minus:
            return False
        helpers = _proving(self._in_chains(q, MUST) + self._in_chains(q, MAY))
        return all(self._is_out(r) for r in _proving(self._in_chains(q, MAY))) or any(
            self._is_in(s) and self._stands(s, helpers) for s in self._in_chains(q.complement, MUST)
        )

    def _in_chains(self, q: Literal, modality: Modality) -> list[tuple[Instance, int]]:
        return [(r, i) for r in self.rules if r.rule.head.modality == modality for i, x in enumerate(r.chain) if x == q]

    def _is_in(self, step: tuple[Instance, int]) -> bool:
        """The body holds, and every literal before the i-th is in force and broken."""
        r, i = step
        return self.holds(r) and all((MUST, x) in self.plus and (FACT, x.complement) in self.plus for x in r.chain[:i])

    def _is_out(self, step: tuple[Instance, int]) -> bool:
        r, i = step
        return self.fails(r) or any((MUST, x) in self.minus or (FACT, x.complement) in self.minus for x in r.chain[:i])

    def _applicable(self, steps: list[tuple[Instance, int]]) -> list[tuple[Instance, int]]:
        return [s for s in _proving(steps) if self._is_in(s)]

    def _beats(self, team: list[tuple[Instance, int]], s: tuple[Instance, int]) -> bool:
        return self._is_beaten(s[0], [r for r, _ in team])

    def _stands(self, s: tuple[Instance, int], others: list[tuple[Instance, int]]) -> bool:
        return all(self._is_out(t) for t in others if self.is_stronger(t[0].rule, s[0].rule))

    # Both.

    def _for(self, q: Literal, modality: Modality) -> list[Instance]:
        return [r for r in self.rules if r.rule.head.modality == modality and r.chain[0] == q]

    def _proving(self, q: Literal, modality: Modality) -> list[Instance]:
        return [r for r in self._for(q, modality) if r.rule.strength != Strength.DEFEATER]

    def holds(self, r: Instance) -> bool:
        return not (r.is_false or r.is_unknown) and all(
            (c.modality, c.literal) in (self.minus if c.is_absent else self.plus) for c in r.body
        )

    def fails(self, r: Instance) -> bool:
        return (
            r.is_false
            or r.is_unknown
            or any((c.modality, c.literal) in (self.plus if c.is_absent else self.minus) for c in r.body)
        )

    def _is_beaten(self, s: Instance, team: Iterable[Instance]) -> bool:
        return any(self.is_stronger(t.rule, s.rule) for t in team)

    def _withstands(self, s: Instance, others: Iterable[Instance]) -> bool:
        return all(self.fails(t) for t in others if self.is_stronger(t.rule, s.rule))

    def applies(self, step: tuple[Instance, int]) -> bool:
        """It applies at its i-th literal and would conclude it."""
        return step[0].rule.strength != Strength.DEFEATER and self._is_in(step)

    def reaches(self, step: tuple[Instance, int]) -> bool:
        """It applies at its i-th literal, defeater or not."""
        return self._is_in(step)

    def in_force(self, step: tuple[Instance, int]) -> bool:
        """The rule applies at its i-th literal and what it says there is proved."""
        r, i = step
        return self.applies(step) and (r.rule.head.modality, r.chain[i]) in self.plus

    def violations(self) -> set[Literal]:
        return {q for tag, q in self.plus if tag == MUST and (FACT, q.complement) in self.plus}

    def terminal(self) -> set[str]:
        """Prescriptive rules whose body holds and every literal of whose chain is in force and broken."""
        return {r.rule.id for r in self.rules if r.rule.head.modality == MUST and self.applies((r, len(r.chain)))}


def _is_plain(condition: Holds) -> bool:
    return condition.modality == FACT and not condition.is_absent


def _proving(steps: list[tuple[Instance, int]]) -> list[tuple[Instance, int]]:
    return [(r, i) for r, i in steps if r.rule.strength != Strength.DEFEATER]
