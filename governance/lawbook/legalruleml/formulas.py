"""Formulas of RuleML as conditions and literals of the engine. Pure.

`Or` becomes several rules, a comparison predicate a comparison, and a variable that only comparisons name is the fact of
that name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Final

from governance.lawbook.legalruleml.tree import MAX_DEPTH, LeftOut, Node, local, parts
from governance.policy.terms import (
    Arithmetic,
    Atom,
    Compares,
    Condition,
    Expression,
    Holds,
    Literal,
    Modality,
    Term,
    Variable,
)

MOST_RULES: Final = 32
"""Rules that one statement may become through its alternatives."""
DEONTIC: Final = {
    "Obligation": Modality.OBLIGATION,
    "Prohibition": Modality.OBLIGATION,
    "Permission": Modality.PERMISSION,
    "Right": Modality.PERMISSION,
}
_COMPARISONS: Final = {
    "greaterthan": ">", "lessthan": "<", "greaterthanorequal": ">=", "lessthanorequal": "<=",
    "equal": "==", "notequal": "!=", "gt": ">", "lt": "<", "ge": ">=", "le": "<=", "eq": "==", "ne": "!=",
}  # fmt: skip
_OPERATIONS: Final = {
    "add": "+", "plus": "+", "subtract": "-", "minus": "-", "multiply": "*", "times": "*", "divide": "/",
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_NUMERIC: Final = frozenset(
    {"integer", "int", "long", "short", "decimal", "double", "float", "nonNegativeInteger", "positiveInteger"}
)
_PLAIN = re.compile(r"[^\W\d_][\w.\-]*")

Body = tuple[Condition, ...]


def name_of(node: Node) -> str:
    """The name of a relation or an individual. Raises `LeftOut` for one that hides characters or has none."""
    name = unicodedata.normalize("NFC", node.name)
    if not name:
        raise LeftOut(f"a {node.tag} has no name")
    if not name.isprintable():
        raise LeftOut(f"the name {name!a} has invisible characters")
    return name.replace(" ", "_")


def disjuncts(node: Node, keyed: Mapping[str, Node], *, depth: int = 0) -> list[Body]:
    """The bodies of which any one suffices. Raises `LeftOut`."""
    if depth > MAX_DEPTH:
        raise LeftOut("its formula is nested too deep or refers to itself")
    if node.tag in ("Atom", "Neg", "Naf", "Equal", "Violation", "Compliance", *DEONTIC):
        return [_condition(_referred(node, keyed), keyed)]
    inner = [disjuncts(part, keyed, depth=depth + 1) for part in parts(node) if not _is_remark(part)]
    if node.tag in ("And", "if"):
        return _bounded([sum(choice, ()) for choice in _products(inner)])
    if node.tag == "Or":
        return _bounded([body for bodies in inner for body in bodies])
    raise LeftOut(f"{node.tag} in a condition cannot be said in rules")


def literals(node: Node, keyed: Mapping[str, Node]) -> list[Literal]:
    """A conclusion: an atom, a negated one, or several joined by And. Raises `LeftOut`."""
    if node.tag == "And":
        return [literal for part in parts(node) if not _is_remark(part) for literal in literals(part, keyed)]
    return [literal(node, keyed)]


def literal(node: Node, keyed: Mapping[str, Node], *, depth: int = 0) -> Literal:
    """An atom or its strong negation. Raises `LeftOut`."""
    node = _referred(node, keyed)
    if depth > MAX_DEPTH:
        raise LeftOut("its formula refers to itself")
    if node.tag == "Neg":
        return literal(_only(node), keyed, depth=depth + 1).complement
    if node.tag != "Atom":
        raise LeftOut(f"{node.tag} cannot stand where an atom is needed")
    relation = next(iter(node.of("Rel")), None)
    if relation is None:
        raise LeftOut("an atom names no relation")
    terms = [part for part in parts(node) if part.tag in ("Var", "Ind", "Data", "Expr", "Plex", "Skolem")]
    return Literal(Atom(name_of(relation), tuple(_term(term) for term in terms)))


def deontic(node: Node, keyed: Mapping[str, Node]) -> tuple[Modality, Literal]:
    """What an obligation, prohibition, permission or right is about. Raises `LeftOut`."""
    subjects = [part for part in parts(node) if part.tag not in ("slot", "Paraphrase", "Comment")]
    if len(subjects) != 1:
        raise LeftOut(f"a {node.tag} of {len(subjects)} formulas at once cannot be said in rules")
    found = literal(subjects[0], keyed)
    return DEONTIC[node.tag], found.complement if node.tag == "Prohibition" else found


def _condition(node: Node, keyed: Mapping[str, Node]) -> Body:
    if node.tag in DEONTIC:
        modality, about = deontic(node, keyed)
        return (Holds(about, modality),)
    if node.tag == "Naf":
        inner = _only(node)
        if inner.tag in DEONTIC:
            modality, about = deontic(inner, keyed)
            return (Holds(about, modality, is_absent=True),)
        return (Holds(literal(inner, keyed), is_absent=True),)
    if node.tag in ("Violation", "Compliance"):
        return _fate(node, keyed)
    operator = _operator(node)
    if operator:
        left, right = _two([part for part in parts(node) if part.tag in ("Var", "Ind", "Data", "Expr")], node)
        return (Compares(operator, _expression(left), _expression(right)),)
    return (Holds(literal(node, keyed)),)


def _fate(node: Node, keyed: Mapping[str, Node]) -> Body:
    """`Violation` of a statement: its obligation is in force and broken; `Compliance`: in force and met."""
    target = keyed.get(node.keyref)
    heads = [one for one in target.walk() if one.tag in ("Obligation", "Prohibition")] if target else []
    if len(heads) != 1:
        raise LeftOut(f"{node.tag} of {node.keyref or 'nothing'} names no single obligation")
    _, about = deontic(heads[0], keyed)
    return Holds(about, Modality.OBLIGATION), Holds(about.complement if node.tag == "Violation" else about)


def _operator(node: Node) -> str:
    if node.tag == "Equal":
        return "=="
    relation = next(iter(node.of("Rel")), None) if node.tag == "Atom" else None
    word = re.sub(r"[-_]", "", (relation.name if relation else "").lower()).removeprefix("numeric")
    return _COMPARISONS.get(word, "")


def _expression(node: Node) -> Expression:
    if node.tag != "Expr":
        return _term(node)
    function = next(iter(node.of("Fun")), None)
    word = (function.name if function else "").lower().removeprefix("numeric-")
    if word not in _OPERATIONS:
        raise LeftOut(f"the function {word or 'without a name'} is none of add, subtract, multiply, divide")
    left, right = _two([part for part in parts(node) if part.tag != "Fun"], node)
    return Arithmetic(_OPERATIONS[word], _expression(left), _expression(right))


def _term(node: Node) -> Term:
    if node.tag == "Var":
        name = re.sub(r"\W", "_", name_of(node))
        return Variable(name[:1].upper() + name[1:] if name[:1].isalpha() else f"V{name}")
    if node.tag == "Ind":
        return name_of(node)
    if node.tag == "Data":
        return _data(node)
    raise LeftOut(f"{node.tag} cannot be an argument in rules")


def _data(node: Node) -> Term:
    text, kind = " ".join(node.text.split()), local(node.attributes.get("type", ""))
    if kind == "boolean":
        return text in ("true", "1")
    if kind in _NUMERIC or (not kind and _NUMBER.fullmatch(text)):
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise LeftOut(f"“{text[:40]}” is no number") from None
        if not number.is_finite() or abs(number) >= 2**53:
            raise LeftOut(f"“{text[:40]}” is too large a number")
        return int(number) if number == number.to_integral_value() else number
    return text


def _referred(node: Node, keyed: Mapping[str, Node]) -> Node:
    """The node itself, or the one its keyref names."""
    if node.keyref and not node.children and node.tag not in ("Violation", "Compliance"):
        found = keyed.get(node.keyref)
        if found is None or found.tag != node.tag or found.keyref:
            raise LeftOut(f"the reference #{node.keyref} leads nowhere")
        return found
    return node


def _only(node: Node) -> Node:
    inner = [part for part in parts(node) if not _is_remark(part)]
    if len(inner) != 1:
        raise LeftOut(f"{node.tag} of {len(inner)} formulas cannot be said in rules")
    return inner[0]


def _two(found: list[Node], node: Node) -> tuple[Node, Node]:
    if len(found) != 2:
        raise LeftOut(f"a comparison or calculation of {len(found)} values cannot be said in rules (line {node.line})")
    return found[0], found[1]


def _is_remark(node: Node) -> bool:
    return node.tag in ("Paraphrase", "Comment")


def _products(inner: list[list[Body]]) -> list[tuple[Body, ...]]:
    count = 1
    for bodies in inner:
        count *= max(len(bodies), 1)
        if count > MOST_RULES:
            raise LeftOut(f"its alternatives would become more than {MOST_RULES} rules")
    return list(product(*inner))


def _bounded(bodies: list[Body]) -> list[Body]:
    if len(bodies) > MOST_RULES:
        raise LeftOut(f"its alternatives would become more than {MOST_RULES} rules")
    return bodies
