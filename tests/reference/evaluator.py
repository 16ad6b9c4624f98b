"""`conclude` and `decide` as docs/policy.md says them: all rules, all groundings, plain loops, no index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from governance.policy.precedence import Precedence
from governance.policy.rules import Rule, Theory
from governance.policy.terms import Atom, Literal

from .ground import Instance, constant, covers, instances
from .prove import DEFINITE, FACT, MAY, MUST, Prover

Node = tuple[bool, Atom]
AGAINST = {(FACT, FACT), (MUST, MUST), (MUST, MAY), (MAY, MUST)}


@dataclass(frozen=True)
class Answer:
    """What the engine must agree on. `because` are the ids of the rules that decide, `score` has four decimals."""

    outcome: str
    because: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    has_error: bool = False
    has_conflict: bool = False
    score: Decimal = Decimal(0)


def conclude(theory: Theory) -> Prover:
    """The tags of every literal. Values of facts `amount(5)` are not read by comparisons here."""
    facts = frozenset(_of(lit) for lit in theory.facts)
    is_stronger = _order(theory) if any(r.weight != Precedence.GENERAL for r in theory.rules) else _preferred(theory)
    return Prover(facts, instances(theory, values={}, facts=facts), is_stronger).run()


def decide(theory: Theory, *, facts: Mapping[str, Any], action: str, at: datetime, bearer: str = "") -> Answer:
    """The answer to "may this action happen?" by brute force."""
    values, literals = _read(facts)
    literals |= {Literal(Atom(action)), Literal(Atom("action", (action,)))} | {_of(lit) for lit in theory.facts}
    asked = replace(theory, rules=tuple(r for r in theory.rules if _is_asked(r, at, bearer)))
    every = [_about(r, action) for r in instances(asked, values=values, facts=literals)]
    counting = _counting(every, action)
    prover = Prover(frozenset(literals), counting, _order(theory)).run()
    stuck = [r for r in counting if r.is_unknown and not _is_false(r, prover)]
    circle = _circle(counting)
    conflict = _conflicts(prover)
    if stuck or circle or conflict:
        missing = frozenset(name for r in stuck for name in r.missing)
        ids = frozenset(r.rule.id for r in stuck) | circle | conflict
        return Answer("deny", ids, missing, bool(circle) or any(r.error for r in stuck), bool(conflict))
    return replace(_outcome(prover, Literal(Atom(action)), action), score=_score(prover, Literal(Atom(action))))


def _outcome(prover: Prover, done: Literal, action: str) -> Answer:
    if (MUST, done.complement) in prover.plus:
        return Answer("deny", _ids(prover, done.complement, MUST))
    if (MAY, done) not in prover.plus:
        return Answer("deny")
    wanted = {q for tag, q in prover.plus if tag == MUST and _asks_approval(q, action) and (FACT, q) not in prover.plus}
    if wanted:
        return Answer("require_approval", frozenset().union(*(_ids(prover, q, MUST) for q in wanted)))
    return Answer("permit", _ids(prover, done, MAY) | _ids(prover, done, MUST))


def _ids(prover: Prover, q: Literal, modality: str) -> frozenset[str]:
    return frozenset(r.rule.id for r, i in _in_force(prover) if r.chain[i] == q and r.rule.head.modality == modality)


def _in_force(prover: Prover) -> list[tuple[Instance, int]]:
    return [(r, i) for r in prover.rules for i in range(len(r.chain)) if prover.in_force((r, i))]


def _asks_approval(q: Literal, action: str) -> bool:
    return not q.is_negated and q.atom.name == "approved" and q.atom.args[:1] == (action,) and len(q.atom.args) <= 2


def _score(prover: Prover, done: Literal) -> Decimal:
    """Satisfied weight over applicable weight; a prohibition is satisfied where what it forbids is not the case."""
    must = {(r.rule.id, r.rule.weight, r.chain[i]) for r, i in _in_force(prover) if r.rule.head.modality == MUST}
    duties = [
        (weight, (FACT, q.complement) not in prover.plus if q.is_negated else (FACT, q) in prover.plus)
        for _, weight, q in must
    ]
    duties.append((Precedence.GENERAL, (MAY, done) in prover.plus))
    share = Fraction(sum(w for w, is_satisfied in duties if is_satisfied), sum(w for w, _ in duties))
    exact = Decimal(share.numerator * 10**30 // share.denominator).scaleb(-30)
    return exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)


# Which rules count.


def _is_asked(rule: Rule, at: datetime, bearer: str) -> bool:
    begun = rule.valid_from is None or rule.valid_from <= at
    return (
        begun
        and (rule.valid_until is None or at < rule.valid_until)
        and (not rule.bearer or covers(rule.bearer, bearer))
    )


def _about(r: Instance, action: str) -> Instance:
    """A glob that covers the action stands for the action, alone or as what is approved."""
    return r if r.rule.head.modality == FACT else replace(r, chain=tuple(_named(q, action) for q in r.chain))


def _named(q: Literal, action: str) -> Literal:
    name, args = q.atom.name, q.atom.args
    if name == "approved" and args and isinstance(args[0], str) and "*" in args[0] and covers(args[0], action):
        return Literal(Atom(name, (action, *args[1:])), q.is_negated)
    return Literal(Atom(action), q.is_negated) if not args and "*" in name and covers(name, action) else q


def _counting(every: list[Instance], action: str) -> list[Instance]:
    names = {Atom(action), Atom("action", (action,))}
    bears = [r for r in every if r.rule.head.modality != FACT and _bears(r, action, names)]
    counting: list[Instance] = []
    while len(bears) > len(counting):
        counting = bears
        needed = {node for r in counting for node in _needs(r) | _kept(r)}
        bears = [r for r in every if r in counting or any(node in needed for node in _says(r))]
    return counting


def _bears(r: Instance, action: str, names: set[Atom]) -> bool:
    if any(q.atom == Atom(action) or (q.atom.name == "approved" and q.atom.args[:1] == (action,)) for q in r.chain):
        return True
    return r.rule.head.modality == MUST and any(c.literal.atom in names for c in r.body)


def _says(r: Instance) -> set[Node]:
    return {node for node, _ in _edges(r)}


def _needs(r: Instance) -> set[Node]:
    return {need for _, need in _edges(r) if need}


def _kept(r: Instance) -> set[Node]:
    """Whether a duty is kept hangs on the facts it speaks of; the duty itself does not."""
    return {(True, q.atom) for q in r.chain} if r.rule.head.modality == MUST else set()


def _edges(r: Instance) -> list[tuple[Node, Node | None]]:
    """What it says hangs on its body, and a later literal of a chain on the earlier ones being in force and broken."""
    is_fact = r.rule.head.modality == FACT
    body = [None, *((c.modality == FACT, c.literal.atom) for c in r.body)]
    earlier = [(kind, x.atom) for x in r.chain for kind in (True, False)]
    return [((is_fact, q.atom), need) for i, q in enumerate(r.chain) for need in [*body, *earlier[: 2 * i]]]


def _is_false(r: Instance, prover: Prover) -> bool:
    return r.is_false or any(((c.modality, c.literal) in prover.plus) == c.is_absent for c in r.body)


def _circle(counting: list[Instance]) -> frozenset[str]:
    """The rules on a circle: what they say is needed, over however many rules, by what they need."""
    edges = [(r, said, need) for r in counting for said, need in _edges(r) if need]
    reach: dict[Node, set[Node]] = {}
    for _, said, need in edges:
        reach.setdefault(said, set()).add(need)
    for _ in reach:
        for found in reach.values():
            found |= {further for node in found for further in reach.get(node, ())}
    return frozenset(r.rule.id for r, said, need in edges if said == need or said in reach.get(need, ()))


# Precedence (section 2).


def _preferred(theory: Theory) -> Callable[[Rule, Rule], bool]:
    return lambda a, b: (a.id, b.id) in theory.preferences


def _order(theory: Theory) -> Callable[[Rule, Rule], bool]:
    def is_stronger(a: Rule, b: Rule) -> bool:
        if a.weight != b.weight:
            return a.weight > b.weight
        if (a.id, b.id) in theory.preferences or (b.id, a.id) in theory.preferences:
            return (a.id, b.id) in theory.preferences and (b.id, a.id) not in theory.preferences
        if set(a.body) != set(b.body) and (set(a.body) > set(b.body) or set(a.body) < set(b.body)):
            return set(a.body) > set(b.body)
        if a.enacted_at is None or b.enacted_at is None:
            return a.enacted_at is not None and b.enacted_at is None
        return a.enacted_at > b.enacted_at

    return is_stronger


def _conflicts(prover: Prover) -> frozenset[str]:
    """Rules that apply, contradict each other, that nothing tells apart, and that no rule of the other side has settled."""
    steps = [(r, i) for r in prover.rules for i in range(len(r.chain)) if prover.applies((r, i))]

    def contradict(a: tuple[Instance, int], b: tuple[Instance, int]) -> bool:
        kinds = (a[0].rule.head.modality, b[0].rule.head.modality)
        return a[0].chain[a[1]] == b[0].chain[b[1]].complement and kinds in AGAINST

    def is_beaten(a: tuple[Instance, int]) -> bool:
        q = a[0].chain[a[1]]
        certain = a[0].rule.head.modality == FACT and {(DEFINITE, q), (DEFINITE, q.complement)} & prover.plus
        return bool(certain) or any(contradict(a, b) and prover.is_stronger(b[0].rule, a[0].rule) for b in steps)

    open_steps = [a for a in steps if not is_beaten(a)]
    return frozenset(a[0].rule.id for a in open_steps for b in open_steps if contradict(a, b))


# Facts.


def _read(facts: Mapping[str, Any]) -> tuple[dict[str, Any], set[Literal]]:
    values: dict[str, Any] = {}
    literals: set[Literal] = set()
    for name, value in facts.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            inner, said = _read({f"{name}.{key}": deeper for key, deeper in value.items()})
            values |= inner
            literals |= said
            continue
        values[name] = value
        if isinstance(value, bool):
            literals.add(Literal(Atom(name), not value))
        else:
            literals |= {Literal(Atom(name, (constant(v),))) for v in (value if isinstance(value, list) else [value])}
    return values, literals


def _of(lit: Literal) -> Literal:
    return Literal(Atom(lit.atom.name, tuple(constant(a) for a in lit.atom.args)), lit.is_negated)
