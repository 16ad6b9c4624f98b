"""One statement of law as rules. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from governance.lawbook.legalruleml.formulas import DEONTIC, MOST_RULES, deontic, disjuncts, literals, name_of
from governance.lawbook.legalruleml.metadata import STRENGTHS, About
from governance.lawbook.legalruleml.persons import Draft
from governance.lawbook.legalruleml.tree import LeftOut, Node, local, parts
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Strength
from governance.policy.terms import Arithmetic as Calculates
from governance.policy.terms import Compares, Condition, Expression, Fact, Holds, Literal, Modality, Variable

NORMS: Final = ("PrescriptiveStatement", "ConstitutiveStatement", "FactualStatement")
_CATEGORIES: Final = {
    "constitutional_prohibition": Precedence.CONSTITUTIONAL_PROHIBITION,
    "safety_constraint": Precedence.SAFETY,
    "legal_obligation": Precedence.LEGAL,
    "personal_constitution": Precedence.CONSTITUTION,
    "domain_guideline": Precedence.DOMAIN,
    "general_permission": Precedence.GENERAL,
}
"""seeds/002 4.1: the category of a rule is its precedence; TARS reads it from the last word of a statement's iri."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(slots=True)
class Statement:
    """A statement while it is translated."""

    key: str
    node: Node
    about: About
    penalties: list[tuple[Literal, ...]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def weight(self) -> Precedence:
        category = local(self.node.attributes.get("iri", "")).lower().removesuffix("s")
        return _CATEGORIES.get(category, Precedence.LEGAL)


@dataclass(frozen=True, slots=True)
class _Conclusion:
    head: Head
    bearer: str = ""
    named: str = ""
    remarks: tuple[str, ...] = ()


def id_of(key: str) -> str:
    """A key as a rule's id."""
    found = _UNFIT.sub("-", key).strip("-._")
    return found if found[:1].isalnum() else f"r{found}"


def draft(statement: Statement, keyed: Mapping[str, Node]) -> None:
    """Fill in the statement's rules. Raises `LeftOut`."""
    rules = [part for part in parts(statement.node) if part.tag == "Rule"]
    if statement.node.tag == "FactualStatement":
        _facts(statement, keyed)
        return
    if not rules:
        raise LeftOut("it holds no rule")
    for rule in rules:
        _rule(statement, _referred(rule, keyed), keyed)


def penalty(node: Node, keyed: Mapping[str, Node]) -> tuple[Literal, ...]:
    """What a penalty statement obliges to, in order. Raises `LeftOut`."""
    for part in parts(node):
        if part.tag in ("SuborderList", "Obligation", "Prohibition"):
            return _chain(part, keyed).head.chain
    raise LeftOut("it obliges to nothing")


def _referred(rule: Node, keyed: Mapping[str, Node]) -> Node:
    if not rule.keyref:
        return rule
    found = keyed.get(rule.keyref)
    if found is None or found.tag != "Rule":
        raise LeftOut(f"the reference #{rule.keyref} leads nowhere")
    return found


def _rule(statement: Statement, rule: Node, keyed: Mapping[str, Node]) -> None:
    condition = next((part for part in parts(rule) if part.tag == "if"), None)
    conclusion = next((part for part in parts(rule) if part.tag == "then"), None)
    if conclusion is None:
        raise LeftOut("its rule concludes nothing")
    bodies = disjuncts(condition, keyed) if condition is not None else [()]
    concluded = list(_conclusions(statement, conclusion, keyed))
    if len(bodies) * len(concluded) > MOST_RULES:
        raise LeftOut(f"it would become more than {MOST_RULES} rules")
    strength = _strength(rule, statement.about)
    for found in concluded:
        statement.remarks += [text for text in found.remarks if text not in statement.remarks]
        for body in bodies:
            _add(statement, found, _with_facts(body), strength)


def _add(statement: Statement, found: _Conclusion, body: tuple[Condition, ...], strength: Strength) -> None:
    about, number = statement.about, len(statement.drafts) + 1
    starts, ends = max(about.starts, default=None), min(about.ends, default=None)
    if starts and ends and starts >= ends:
        raise LeftOut("it ends before it starts")
    rule = Rule(
        id=f"{id_of(statement.key)}.{number}" if number > 1 else id_of(statement.key),
        head=found.head,
        body=body,
        strength=strength,
        weight=statement.weight,
        source="; ".join(about.sources),
        valid_from=starts,
        valid_until=ends,
        bearer=found.named,
        authority="; ".join(about.authorities),
        line=statement.node.line,
    )
    statement.drafts.append(Draft(rule, found.bearer))


def _strength(rule: Node, about: About) -> Strength:
    stated = next((STRENGTHS[part.tag] for part in parts(rule) if part.tag in STRENGTHS), None)
    by_word = {"strict": Strength.STRICT, "defeasible": Strength.DEFEASIBLE, "defeater": Strength.DEFEATER}
    return stated or by_word.get(rule.attributes.get("strength", "")) or about.strength or Strength.DEFEASIBLE


def _conclusions(statement: Statement, then: Node, keyed: Mapping[str, Node]) -> Iterator[_Conclusion]:
    found = [part for part in parts(then) if part.tag not in ("Paraphrase", "Comment")]
    if len(found) == 1 and found[0].tag == "And":
        found = [part for part in parts(found[0]) if part.tag not in ("Paraphrase", "Comment")]
    if not found:
        raise LeftOut("its rule concludes nothing")
    for node in found:
        if node.tag == "SuborderList" or node.tag in DEONTIC:
            yield from _repaired(_chain(node, keyed), statement.penalties)
        else:
            yield from (_Conclusion(Head((literal,))) for literal in literals(node, keyed))


def _repaired(conclusion: _Conclusion, penalties: list[tuple[Literal, ...]]) -> Iterator[_Conclusion]:
    """Each penalty repairs the breach: its obligations go on the chain, one rule for each penalty."""
    if not penalties or conclusion.head.modality is not Modality.OBLIGATION:
        yield conclusion
        return
    for more in penalties:
        chain = (*conclusion.head.chain, *(one for one in more if one not in conclusion.head.chain))
        yield _Conclusion(Head(chain, Modality.OBLIGATION), conclusion.bearer, conclusion.named, conclusion.remarks)


def _chain(node: Node, keyed: Mapping[str, Node]) -> _Conclusion:
    norms = list(parts(node)) if node.tag == "SuborderList" else [node]
    norms.sort(
        key=lambda norm: (
            int(norm.attributes.get("index", "0") or 0) if norm.attributes.get("index", "0").isdigit() else 0
        )
    )
    if unfit := next((norm for norm in norms if norm.tag not in DEONTIC), None):
        raise LeftOut(f"{unfit.tag} cannot stand among its norms")
    if not norms:
        raise LeftOut("its list of norms is empty")
    found = [deontic(norm, keyed) for norm in norms]
    if len(norms) > 1 and any(modality is not Modality.OBLIGATION for modality, _ in found):
        raise LeftOut("a permission cannot repair the breach of a duty")
    bearer, named, remarks = _parties(norms)
    chain = tuple(dict.fromkeys(literal for _, literal in found))
    return _Conclusion(Head(chain, found[0][0]), bearer, named, tuple(remarks))


def _parties(norms: list[Node]) -> tuple[str, str, list[str]]:
    """The bearer's variable, or the name of a bearer who is one; what else is said of parties is a remark."""
    variable, named, remarks = "", "", []
    for slot in (part for norm in norms for part in parts(norm) if part.tag == "slot"):
        inner = list(parts(slot))
        role = next((part for part in inner if part.tag in ("Bearer", "AuxiliaryParty")), None)
        term = next((part for part in inner if part.tag in ("Var", "Ind")), None)
        if role is None or role.tag == "AuxiliaryParty":
            who = name_of(term) if term is not None else "nobody"
            remarks.append(f"the other party ({who}) is not part of the rule (line {slot.line})")
            continue
        if role.attributes.get("iri"):
            remarks.append(
                f"the bearer's role ({role.name}) is not checked: the rule binds whoever asks (line {slot.line})"
            )
        if term is not None and term.tag == "Ind":
            named = name_of(term)
        elif term is not None:
            name = re.sub(r"\W", "_", name_of(term))
            variable = name[:1].upper() + name[1:]
    return variable, named, remarks


def _facts(statement: Statement, keyed: Mapping[str, Node]) -> None:
    """A factual statement holds for sure: strict rules without a body, so that each keeps its source and its time."""
    for part in parts(statement.node):
        if part.tag in ("Paraphrase", "Comment"):
            continue
        for literal in literals(part, keyed):
            _add(statement, _Conclusion(Head((literal,))), (), Strength.STRICT)
    if not statement.drafts:
        raise LeftOut("it states nothing")


def _with_facts(body: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """A variable that only comparisons name is the fact of that name."""
    bound = {
        term for one in body if isinstance(one, Holds) for term in one.literal.atom.args if isinstance(term, Variable)
    }

    def read(expression: Expression) -> Expression:
        if isinstance(expression, Variable) and expression not in bound:
            return Fact(expression.name[:1].lower() + expression.name[1:])
        if isinstance(expression, Calculates):
            return Calculates(expression.operator, read(expression.left), read(expression.right))
        return expression

    return tuple(
        Compares(one.operator, read(one.left), read(one.right)) if isinstance(one, Compares) else one for one in body
    )
