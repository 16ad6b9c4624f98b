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

from .ground import Instance, constant, covers, instances, reads
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
    circle: frozenset[str] = frozenset()


def conclude(theory: Theory) -> Prover:
    """The tags of every literal. Values of facts `amount(5)` are not read by comparisons here."""
    facts = frozenset(_of(lit) for lit in theory.facts)
    is_stronger = _order(theory) if any(r.weight != Precedence.GENERAL for r in theory.rules) else _preferred(theory)
    return Prover(facts, instances(theory, values={}, facts=facts), is_stronger).run()


def decide(theory: Theory, *, facts: Mapping[str, Any], action: str, at: datetime, bearer: str = "") -> Answer:
    """The answer to "may this action happen?" by brute force."""
    values, literals = _read(facts)
    values["action"] = action
    literals |= {Literal(Atom(action)), Literal(Atom("action", (action,)))} | {_of(lit) for lit in theory.facts}
    if any(lit.complement in literals for lit in literals):
        return Answer("deny", has_error=True)
    asked = replace(theory, rules=tuple(r for r in theory.rules if _is_asked(r, at, bearer)))
    every = [_about(r, action) for r in instances(asked, values=values, facts=literals)]
    concluded = {q.atom.name for rule in asked.rules if rule.head.modality == FACT for q in rule.head.chain}
    every = _with_roles([r for r in every if not _is_out(r, literals, concluded)], action)
    prover = Prover(frozenset(literals), every, _order(theory)).run()
    counting, nodes = _heard(prover, action)
    prover.rules = counting
    stuck = [r for r in counting if r.is_unknown and not _is_false(r, prover)]
    circle, lifted, conflict = _circle(prover, nodes), _lifted(prover, theory, nodes), _conflicts(prover, nodes)
    if stuck or circle or lifted or conflict is not None:
        missing = frozenset(name for r in stuck for name in r.missing)
        ids = frozenset(r.rule.id for r in stuck) | circle | lifted | (conflict or frozenset())
        is_wrong = bool(circle or lifted) or any(r.error for r in stuck)
        return Answer("deny", ids, missing, is_wrong, conflict is not None, circle=circle)
    done = Literal(Atom(action))
    return replace(_outcome(prover, done, action), score=_score(prover, done, action))


def _outcome(prover: Prover, done: Literal, action: str) -> Answer:
    if (MUST, done.complement) in prover.plus:
        return Answer("deny", _ids(prover, done.complement, MUST))
    if (MAY, done) not in prover.plus:
        return Answer("deny")
    wanted = {q for tag, q in prover.plus if tag == MUST and _asks_approval(q, action) and q not in prover.facts}
    if wanted:
        return Answer("require_approval", frozenset().union(*(_ids(prover, q, MUST) for q in wanted)))
    return Answer("permit", _ids(prover, done, MAY) | _ids(prover, done, MUST))


def _ids(prover: Prover, q: Literal, modality: str) -> frozenset[str]:
    return frozenset(r.rule.id for r, i in _in_force(prover) if r.chain[i] == q and r.rule.head.modality == modality)


def _in_force(prover: Prover) -> list[tuple[Instance, int]]:
    return [(r, i) for r in prover.rules for i in range(len(r.chain)) if prover.in_force((r, i))]


def _asks_approval(q: Literal, action: str) -> bool:
    return not q.is_negated and q.atom.name == "approved" and q.atom.args[:1] == (action,) and len(q.atom.args) <= 2


def _score(prover: Prover, done: Literal, action: str) -> Decimal:
    """Satisfied weight over applicable weight; a prohibition is satisfied where what it forbids is not the case."""
    spoken = {done.atom} | {
        atom for r in prover.rules for atom in _duties(r, prover, action) | _demands(r, prover, action)
    }
    must = {(r, i) for r, i in _in_force(prover) if r.rule.head.modality == MUST and r.chain[i].atom in spoken}
    norms = {(r.rule.id, r.rule.weight, r.chain[i]) for r, i in must}
    duties = [(weight, _is_kept(prover, q, action)) for _, weight, q in norms]
    duties.append((Precedence.GENERAL, (MAY, done) in prover.plus))
    share = Fraction(sum(w for w, is_satisfied in duties if is_satisfied), sum(w for w, _ in duties))
    exact = Decimal(share.numerator * 10**30 // share.denominator).scaleb(-30)
    return exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _is_kept(prover: Prover, q: Literal, action: str) -> bool:
    if _asks_approval(q, action):
        return q in prover.facts
    return (FACT, q.complement) not in prover.plus if q.is_negated else (FACT, q) in prover.plus


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


def _is_out(r: Instance, facts: set[Literal], concluded: set[str]) -> bool:
    """Whether the facts alone rule it out: a false comparison, or a literal that no rule of the book concludes."""
    given = [c for c in r.body if c.modality == FACT and c.literal.atom.name not in concluded]
    return r.is_false or any((c.literal in facts) == c.is_absent for c in given)


def _with_roles(every: list[Instance], action: str) -> list[Instance]:
    """What speaks against an approval speaks against that of each role."""
    roles = {q.atom.args[1] for r in every for q in r.chain if _asks_approval(q, action) and len(q.atom.args) == 2}
    plain = Literal(Atom("approved", (action,)), is_negated=True)
    against = [r for r in every if r.rule.head.modality != FACT and plain in r.chain]
    return every + [
        replace(r, chain=tuple(_for_role(q, role) if q == plain else q for q in r.chain))
        for r in against
        for role in roles
    ]


def _for_role(q: Literal, role: Any) -> Literal:
    return Literal(Atom(q.atom.name, (*q.atom.args, role)), q.is_negated)


def _heard(prover: Prover, action: str) -> tuple[list[Instance], set[Node]]:
    """Ask about the action, then about whatever that leads to. Only the rules for what is asked count."""
    asked: set[Node] = {(False, Atom(action))}
    while True:
        counting = [r for r in prover.rules if _says(r) & asked or _names(r, action) or _may_demand(r, action)]
        more = asked.union(*(_asks(r, prover, asked, action) for r in counting))
        if more == asked:
            return counting, asked
        asked = more


def _asks(r: Instance, prover: Prover, asked: set[Node], action: str) -> set[Node]:
    """Its body; where that holds, what comes before a literal of its chain, and what it obliges to if it names the action."""
    demands = _demands(r, prover, action)
    reaching = [
        i for i, q in enumerate(r.chain) if (r.rule.head.modality == FACT, q.atom) in asked or _asks_approval(q, action)
    ]
    earlier = {(kind, x.atom) for i in reaching for x in r.chain[:i] for kind in (True, False)}
    duties = {(kind, atom) for atom in _duties(r, prover, action) for kind in (True, False)}
    return _body(r) | (earlier if prover.holds(r) else set()) | duties | {(False, atom) for atom in demands}


def _body(r: Instance) -> set[Node]:
    return {(c.modality == FACT, c.literal.atom) for c in r.body}


def _duties(r: Instance, prover: Prover, action: str) -> set[Atom]:
    """What a rule that names the action obliges to, or one about the action that has repairs, where its body holds."""
    is_about = len(r.chain) > 1 and any(q.atom == Atom(action) for q in r.chain)
    if r.rule.head.modality != MUST or not prover.holds(r) or not (is_about or _names(r, action)):
        return set()
    return {q.atom for q in r.chain if not _is_of_the_action(q.atom, action) and not _is_glob(q.atom)}


def _demands(r: Instance, prover: Prover, action: str) -> set[Atom]:
    """The approvals of the action that it demands, and would by itself."""
    if r.rule.head.modality != MUST:
        return set()
    return {q.atom for i, q in enumerate(r.chain) if _asks_approval(q, action) and prover.reaches((r, i))}


def _may_demand(r: Instance, action: str) -> bool:
    return r.rule.head.modality == MUST and any(_asks_approval(q, action) for q in r.chain)


def _is_of_the_action(atom: Atom, action: str) -> bool:
    return atom == Atom(action) or (atom.name == "approved" and atom.args[:1] == (action,))


def _is_glob(atom: Atom) -> bool:
    first = atom.args[0] if atom.name == "approved" and atom.args else ""
    return "*" in atom.name or (isinstance(first, str) and "*" in first)


def _names(r: Instance, action: str) -> bool:
    if r.rule.head.modality != MUST:
        return False
    named = {Atom(action), Atom("action", (action,))}
    return reads(r.rule, "action") or any(c.modality == FACT and c.literal.atom in named for c in r.body)


def _says(r: Instance) -> set[Node]:
    return {(r.rule.head.modality == FACT, q.atom) for q in r.chain}


def _is_false(r: Instance, prover: Prover) -> bool:
    return r.is_false or any(((c.modality, c.literal) in prover.plus) == c.is_absent for c in r.body)


def _circle(prover: Prover, asked: set[Node]) -> frozenset[str]:
    """The rules on a circle: what they say is needed, over however many rules, by what they need."""
    edges = [
        (r, (r.rule.head.modality == FACT, q.atom), need)
        for r in prover.rules
        for i, q in enumerate(r.chain)
        for need in _body(r) | ({(k, x.atom) for x in r.chain[:i] for k in (True, False)} if prover.holds(r) else set())
        if (r.rule.head.modality == FACT, q.atom) in asked
    ]
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


def _conflicts(prover: Prover, asked: set[Node]) -> frozenset[str] | None:
    """Rules that apply, contradict each other, and that nothing on the other side beats; nothing of that, but a proof of both
    sides, is a conflict too."""
    steps = _steps(prover, asked)

    def is_beaten(a: tuple[Instance, int]) -> bool:
        q = a[0].chain[a[1]]
        certain = a[0].rule.head.modality == FACT and {(DEFINITE, q), (DEFINITE, q.complement)} & prover.plus
        return bool(certain) or any(_contradict(a, b) and prover.is_stronger(b[0].rule, a[0].rule) for b in steps)

    def both_certain(q: Literal) -> bool:
        return {(DEFINITE, q), (DEFINITE, q.complement)} <= prover.plus

    open_steps = [a for a in steps if not is_beaten(a)]
    found = frozenset(a[0].rule.id for a in open_steps for b in open_steps if _contradict(a, b))
    certain = {r.rule.id for r, i in steps if r.rule.head.modality == FACT and both_certain(r.chain[i])}
    found |= certain
    both = any(
        (kind == FACT, q.atom) in asked and (other, q.complement) in prover.plus
        for kind, q in prover.plus
        for mine, other in AGAINST
        if kind == mine
    )
    return found if found or both else None


def _steps(prover: Prover, asked: set[Node]) -> list[tuple[Instance, int]]:
    """The rules that apply, each with the place in its chain, to what is asked."""
    steps = [(r, i) for r in prover.rules for i in range(len(r.chain)) if prover.applies((r, i))]
    return [(r, i) for r, i in steps if (r.rule.head.modality == FACT, r.chain[i].atom) in asked]


def _contradict(a: tuple[Instance, int], b: tuple[Instance, int]) -> bool:
    kinds = (a[0].rule.head.modality, b[0].rule.head.modality)
    return a[0].chain[a[1]] == b[0].chain[b[1]].complement and kinds in AGAINST


def _lifted(prover: Prover, theory: Theory, asked: set[Node]) -> frozenset[str]:
    """Two that apply and contradict each other, and a preference for the lighter one."""
    steps = _steps(prover, asked)
    return frozenset(
        rule.id
        for a in steps
        for b in steps
        if _contradict(a, b)
        and a[0].rule.weight < b[0].rule.weight
        and (a[0].rule.id, b[0].rule.id) in theory.preferences
        for rule in (a[0].rule, b[0].rule)
    )


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
