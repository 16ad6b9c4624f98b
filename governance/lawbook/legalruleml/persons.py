"""Who acts: in TARS the one who asks, so the variable that stands for them is left out of names. Pure.

`person(X) => [F] trade(X)` becomes `person => [F] trade`, which speaks about the action `trade`. A relation must read the same
in every rule of a document, so a variable stays wherever leaving it out would tell two uses of one relation apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from governance.policy.rules import Head, Rule
from governance.policy.terms import Arithmetic, Atom, Compares, Condition, Expression, Holds, Literal, Matches, Variable

Relation = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule with the variable that its deontic operator calls the bearer, "" if none."""

    rule: Rule
    bearer: str = ""


def without_actors(drafts: Sequence[Draft]) -> list[Rule]:
    """The rules, without the variable of who acts where it can go."""
    actors = {index: actor for index, draft in enumerate(drafts) if (actor := _actor(draft))}
    while True:
        kept = {relation for index, draft in enumerate(drafts) for relation in _kept(draft.rule, actors.get(index))}
        clash = [index for index, actor in actors.items() if kept & set(_reduced(drafts[index].rule, actor))]
        if not clash:
            break
        for index in clash:
            del actors[index]
    return [
        _dropped(draft.rule, actors[index]) if index in actors else draft.rule for index, draft in enumerate(drafts)
    ]


def _actor(draft: Draft) -> Variable | None:
    """The declared bearer, else the only variable, if it is no value that is compared."""
    compared = {variable for condition in draft.rule.body for variable in _compared(condition)}
    if draft.bearer:
        actor = Variable(draft.bearer)
        return None if actor in compared else actor
    variables = {term for atom in _atoms(draft.rule) for term in atom.args if isinstance(term, Variable)}
    only = variables.pop() if len(variables) == 1 else None
    return only if only is not None and not compared and all(len(a.args) <= 1 for a in _atoms(draft.rule)) else None


def _kept(rule: Rule, actor: Variable | None) -> Iterator[Relation]:
    for atom in _atoms(rule):
        if actor not in atom.args:
            yield atom.name, len(atom.args)


def _reduced(rule: Rule, actor: Variable) -> Iterator[Relation]:
    for atom in _atoms(rule):
        if actor in atom.args:
            yield atom.name, len(atom.args)


def _atoms(rule: Rule) -> Iterator[Atom]:
    for condition in rule.body:
        if isinstance(condition, Holds):
            yield condition.literal.atom
    for literal in rule.head.chain:
        yield literal.atom


def _compared(condition: Condition) -> Iterator[Variable]:
    if isinstance(condition, Compares):
        yield from _variables(condition.left)
        yield from _variables(condition.right)
    elif isinstance(condition, Matches):
        yield from _variables(condition.value)


def _variables(expression: Expression) -> Iterator[Variable]:
    if isinstance(expression, Variable):
        yield expression
    elif isinstance(expression, Arithmetic):
        yield from _variables(expression.left)
        yield from _variables(expression.right)


def _dropped(rule: Rule, actor: Variable) -> Rule:
    def bare(literal: Literal) -> Literal:
        args = tuple(term for term in literal.atom.args if term != actor)
        return Literal(Atom(literal.atom.name, args), literal.is_negated)

    body = tuple(
        replace(condition, literal=bare(condition.literal)) if isinstance(condition, Holds) else condition
        for condition in rule.body
    )
    return replace(rule, body=body, head=Head(tuple(map(bare, rule.head.chain)), rule.head.modality))
