"""Theories as JSON: `{"facts": […], "rules": [{"id", "type"/"kind", "body", "head", …}], "superiority": [[stronger, weaker]]}`.

`type` is strict, defeasible or defeater, with one literal; `kind` is constitutive, prescriptive or permissive, with a list.
A body holds conditions in the text format (`~p`) and `{"O": p}`, `{"P": p}`, `{"notO": p}`, `{"notP": p}`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

from governance import canonical
from governance.policy import names, text
from governance.policy.errors import NotATheory
from governance.policy.network import KINDS
from governance.policy.notes import MAX_TIER, WEIGHTS, interval_fault, moment, weight_fault
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Condition, Holds, Literal, Modality, Variable
from governance.policy.tokens import ID, LONGEST_SENTENCE
from governance.policy.writing import condition_text, head_text, literal_text, moment_text

JSON = Any
Read = TypeVar("Read")

MAX_DEPTH: Final = 16
"""Deepest nesting of a theory's JSON; a theory itself needs four levels."""
_MEMBERS: Final = ("facts", "rules", "superiority")
_OPTIONAL: Final = ("weight", "source", "valid_from", "valid_until", "enacted_at", "bearer", "authority", "tier")
_RULE_MEMBERS: Final = frozenset(("id", "type", "kind", "body", "head", *_OPTIONAL))
_KINDS: Final = {kind.name.lower(): modality for modality, kind in KINDS.items()}
_MODAL: Final = {
    "O": (Modality.OBLIGATION, False),
    "P": (Modality.PERMISSION, False),
    "notO": (Modality.OBLIGATION, True),
    "notP": (Modality.PERMISSION, True),
}
_PLAIN: Final = re.compile(r"~?[A-Za-z](?:[A-Za-z0-9_]|[.:/\-]+(?=[A-Za-z0-9_]))*")
_NAME: Final = re.compile(r"[^\W\d_][\w.:/\-]*")
_RESERVED: Final = frozenset({"not", "known", "matches", "true", "false"})


def read(data: str | bytes) -> Theory:
    """The theory that a JSON text states; raises `InvalidDocument` for what is no JSON and `NotATheory` for what is no theory."""
    return theory_of(canonical.loads(data, max_depth=MAX_DEPTH))


def theory_of(data: JSON) -> Theory:
    """The theory that a JSON value states; raises `NotATheory` whose problems are JSON pointers. Other members are left alone."""
    if not isinstance(data, dict):
        _fail("", "A theory is an object with facts, rules and superiority.")
    for name in data.keys() - set(_MEMBERS):
        if near := difflib.get_close_matches(str(name), _MEMBERS, n=1, cutoff=0.8):
            _fail(f"/{name}", f"Write {near[0]}, not {name}.")
    reader = _Reader()
    rules = tuple(reader.rule(f"/rules/{index}", rule) for index, rule in enumerate(_list(data, "rules")))
    facts = tuple(reader.fact(f"/facts/{index}", fact) for index, fact in enumerate(_list(data, "facts")))
    pairs = tuple(reader.pair(f"/superiority/{index}", pair) for index, pair in enumerate(_list(data, "superiority")))
    reader.check_looks()
    return Theory(rules, facts, pairs)


def has_kinds(data: JSON) -> bool:
    """Whether a theory in JSON speaks of kinds: then it is asked about duties, even where it states none."""
    rules = data.get("rules") if isinstance(data, dict) else None
    return isinstance(rules, list) and any(isinstance(rule, dict) and "kind" in rule for rule in rules)


def json_of(theory: Theory) -> dict[str, JSON]:
    """A theory as JSON: `theory_of(json_of(theory)) == theory`."""
    return {
        "facts": [literal_text(fact) for fact in theory.facts],
        "rules": [_rule_json(rule) for rule in theory.rules],
        "superiority": [list(pair) for pair in theory.preferences],
    }


class _Reader:
    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.literals: dict[str, Literal] = {}
        self.written: dict[str, str] = {}

    def rule(self, at: str, data: JSON) -> Rule:
        if not isinstance(data, dict):
            _fail(at, "A rule is an object with id, type or kind, body and head.")
        if unknown := data.keys() - _RULE_MEMBERS:
            _fail(
                f"{at}/{min(map(str, unknown))}",
                f"A rule has no such member; it has {', '.join(sorted(_RULE_MEMBERS))}.",
            )
        identity = self.identity(at, data)
        conditions = tuple(
            self.condition(f"{at}/body/{index}", one) for index, one in enumerate(_list(data, "body", at))
        )
        start, end = _moment(at, data, "valid_from"), _moment(at, data, "valid_until")
        if fault := interval_fault(start, end):
            _fail(at, fault)
        return Rule(
            id=identity,
            head=self.head(at, data),
            body=conditions,
            strength=_strength(at, data),
            weight=_weight(at, data),
            source=_text(at, data, "source"),
            valid_from=start,
            valid_until=end,
            enacted_at=_moment(at, data, "enacted_at"),
            bearer=_text(at, data, "bearer"),
            authority=_text(at, data, "authority"),
            tier=_whole(f"{at}/tier", data.get("tier", 0), f"A tier is a whole number from 0 to {MAX_TIER}.", MAX_TIER),
        )

    def identity(self, at: str, data: dict[str, JSON]) -> str:
        identity = data.get("id")
        if not isinstance(identity, str) or not re.fullmatch(ID, identity):
            _fail(
                f"{at}/id", "A rule's id is a text of letters, digits and _ . - / that begins with a letter or digit."
            )
        other = self.ids.setdefault(identity, at)
        if other != at:
            _fail(f"{at}/id", f"The id {identity} is taken by the rule at {other}; give this one another.")
        self.note(at, identity)
        return identity

    def head(self, at: str, data: dict[str, JSON]) -> Head:
        head, kind = data.get("head"), data.get("kind")
        if kind is None:
            if not isinstance(head, str):
                _fail(f"{at}/head", "The head of a rule with a type is one literal, as a text.")
            return self.read(f"{at}/head", head, text.head)
        if not isinstance(kind, str) or kind not in _KINDS:
            _fail(f"{at}/kind", f"The kind of a rule is one of {', '.join(_KINDS)}.")
        if not isinstance(head, list) or not head or not all(isinstance(one, str) for one in head):
            _fail(f"{at}/head", "The head of a rule with a kind is a list of literals, each a text.")
        modality = _KINDS[kind]
        if len(head) > 1 and modality is not Modality.OBLIGATION:
            _fail(
                f"{at}/head",
                "Only a prescriptive rule has more than one literal; write one rule for each.",
            )
        return Head(tuple(self.norm(f"{at}/head/{index}", one, modality) for index, one in enumerate(head)), modality)

    def norm(self, at: str, written: str, modality: Modality) -> Literal:
        if "*" not in written or modality is Modality.FACT:
            return self.literal(at, written)
        return self.read(at, f"[P] {written}", text.head).chain[0]

    def condition(self, at: str, data: JSON) -> Condition:
        if isinstance(data, str):
            if _PLAIN.fullmatch(data) and data not in _RESERVED:
                return Holds(self.literal(at, data))
            found = self.read(at, data, text.body)
            if len(found) != 1:
                _fail(at, "One text holds one condition; write several as several items.")
            return found[0]
        if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in _MODAL:
            _fail(
                at, 'A condition is a text such as "~p", or an object with one of O, P, notO, notP, as in {"O": "pay"}.'
            )
        ((name, written),) = data.items()
        if not isinstance(written, str):
            _fail(f"{at}/{name}", "Here stands a literal, as a text.")
        modality, is_absent = _MODAL[name]
        return Holds(self.literal(f"{at}/{name}", written), modality, is_absent)

    def fact(self, at: str, data: JSON) -> Literal:
        if not isinstance(data, str):
            _fail(at, "A fact is a literal, as a text.")
        found = self.literal(at, data)
        if any(isinstance(term, Variable) for term in found.atom.args):
            _fail(at, "A fact has no variables; write a symbol in small letters or a text in quotes.")
        return found

    def pair(self, at: str, data: JSON) -> tuple[str, str]:
        if not isinstance(data, list) or len(data) != 2 or not all(isinstance(one, str) for one in data):
            _fail(at, "A preference is a pair of rule ids: [stronger, weaker].")
        if data[0] == data[1]:
            _fail(at, f"{data[0]} cannot be stronger than itself.")
        return data[0], data[1]

    def literal(self, at: str, written: str) -> Literal:
        found = self.literals.get(written)
        if found is None:
            found = self.literals[written] = self.parsed(at, written)
        return found

    def parsed(self, at: str, written: str) -> Literal:
        if _PLAIN.fullmatch(written) and written.lstrip("~") not in _RESERVED:
            self.note(at, written)
            return Literal(Atom(written.removeprefix("~")), written[0] == "~")
        return self.read(at, written, text.literal)

    def read(self, at: str, written: str, reading: Callable[[str], Read]) -> Read:
        try:
            self.note(at, written)
            return reading(written)
        except NotATheory as error:
            sentence = error.problems[0][1]
            return _fail(at, f"Column {error.column} of the text: {sentence}")

    def note(self, at: str, written: str) -> None:
        self.written.setdefault(written, at)

    def check_looks(self) -> None:
        if all(text.isascii() for text in self.written):
            return
        found = ((name, at) for text, at in self.written.items() for name in _NAME.findall(text))
        if clash := names.confused(found):
            (one, first), (other, second) = clash
            sentence = f"{names.spelled(other)} looks like {names.spelled(one)} at {first} and is another name."
            _fail(second, sentence)


def _list(data: dict[str, JSON], name: str, at: str = "") -> list[JSON]:
    found = data.get(name, [])
    if not isinstance(found, list):
        _fail(f"{at}/{name}", f"{name} is a list.")
    return found


def _strength(at: str, data: dict[str, JSON]) -> Strength:
    given = data.get("type", None if "kind" not in data else Strength.DEFEASIBLE.value)
    if not isinstance(given, str) or given not in set(Strength):
        _fail(f"{at}/type", f"A rule has a type ({', '.join(Strength)}) or a kind ({', '.join(_KINDS)}).")
    return Strength(given)


def _weight(at: str, data: dict[str, JSON]) -> int:
    given = data.get("weight", int(Precedence.GENERAL))
    if isinstance(given, str) and given in WEIGHTS:
        return int(WEIGHTS[given])
    sentence = f"{weight_fault(-1).rstrip('.')}, or one of {', '.join(WEIGHTS)}."
    return _whole(f"{at}/weight", given, sentence, int(Precedence.CONSTITUTIONAL_PROHIBITION))


def _whole(at: str, given: JSON, sentence: str, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        _fail(at, sentence)
    return given


def _text(at: str, data: dict[str, JSON], name: str) -> str:
    given = data.get(name) or ""
    if not isinstance(given, str):
        _fail(f"{at}/{name}", f"{name} is a text.")
    if fault := names.fault(given):
        _fail(f"{at}/{name}", fault[1])
    return given


def _moment(at: str, data: dict[str, JSON], name: str) -> datetime | None:
    given = data.get(name)
    if given is None:
        return None
    found = moment(given) if isinstance(given, str) else None
    if found is None:
        _fail(f"{at}/{name}", "Here stands a date or a moment with offset: 2026-12-31 or 2026-12-31T18:00:00Z.")
    return found


def _rule_json(rule: Rule) -> dict[str, JSON]:
    modality = rule.head.modality
    is_factual = modality is Modality.FACT
    kind = {} if is_factual else {"kind": KINDS[modality].name.lower()}
    strength = {"type": rule.strength.value} if is_factual or rule.strength is not Strength.DEFEASIBLE else {}
    written = {"source": rule.source, "bearer": rule.bearer, "authority": rule.authority, "tier": rule.tier}
    moments = {"valid_from": rule.valid_from, "valid_until": rule.valid_until, "enacted_at": rule.enacted_at}
    return {
        "id": rule.id,
        **strength,
        **kind,
        "body": [_condition_json(condition) for condition in rule.body],
        "head": head_text(rule.head) if is_factual else [literal_text(literal) for literal in rule.head.chain],
        **({"weight": int(rule.weight)} if rule.weight != Precedence.GENERAL else {}),
        **{name: value for name, value in written.items() if value},
        **{name: moment_text(value) for name, value in moments.items() if value},
    }


def _condition_json(condition: Condition) -> JSON:
    if not isinstance(condition, Holds) or condition.modality is Modality.FACT:
        return condition_text(condition)
    name = f"{'not' if condition.is_absent else ''}{condition.modality.value}"
    return {name: literal_text(condition.literal)}


def _fail(at: str, sentence: str) -> NoReturn:
    at, sentence = at[:LONGEST_SENTENCE], sentence[:LONGEST_SENTENCE]
    raise NotATheory(f"At {at or 'the top'}: {sentence}", problems=((at, sentence),))
