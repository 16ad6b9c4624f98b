"""The text format of rules (grammar: docs/policy.md section 4), read by recursive descent in time linear in the text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from governance.policy.cursor import Cursor
from governance.policy.notes import Notes, notes_of
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Condition, Constant, Holds, Known, Literal, Matches, Modality, Term
from governance.policy.tokens import Statement, Token, fail, flat, statements, tokens_of

_STRENGTHS: Final = {"->": Strength.STRICT, "=>": Strength.DEFEASIBLE, "~>": Strength.DEFEATER}
_MODALITIES: Final = {"O": Modality.OBLIGATION, "F": Modality.OBLIGATION, "P": Modality.PERMISSION}
_VALUES: Final = {"true": True, "false": False}

Literals = dict[tuple[str, bool], Literal]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a rule has that states nothing of its own."""

    weight: int = Precedence.GENERAL
    source: str = ""
    authority: str = ""
    enacted_at: datetime | None = None
    bearer: str = ""


def parse(text: str, *, prefix: str = "", defaults: Defaults | None = None) -> Theory:
    """The theory that a text states; raises `NotATheory` with the line and the column of the first thing that is wrong.

    `prefix` qualifies the ids of rules, and of preferences, that have no "/": `r2` read with "gov.md" is `gov.md/r2`.
    """
    reader = _Reader(prefix, defaults or Defaults())
    for statement in statements(text):
        reader.read(statement)
    return Theory(tuple(reader.rules), tuple(reader.facts), tuple(reader.preferences))


def body(text: str) -> tuple[Condition, ...]:
    """The conditions of a body alone, as in `foo, not bar, amount > 500`; raises `NotATheory`."""
    parser = _Parser(flat(text))
    found = () if parser.peek()[0] == "end" else parser.body()
    parser.end()
    return found


def head(text: str) -> Head:
    """The head of a rule alone, as in `[O] pay, apologise`; raises `NotATheory`."""
    parser = _Parser(flat(text))
    found = parser.head()
    parser.end()
    return found


def literal(text: str) -> Literal:
    """One literal alone, as in `~owns(ann, X)`; raises `NotATheory`."""
    parser = _Parser(flat(text))
    found = parser.literal()
    parser.end()
    return found


class _Reader:
    """Collects the statements of one text."""

    def __init__(self, prefix: str, defaults: Defaults) -> None:
        self.prefix = f"{prefix}/" if prefix else ""
        self.defaults = defaults
        self.rules: list[Rule] = []
        self.facts: list[Literal] = []
        self.preferences: list[tuple[str, str]] = []
        self.lines: dict[str, int] = {}
        self.literals: Literals = {}

    def read(self, statement: Statement) -> None:
        if statement.is_order:
            self.order(statement)
        elif any(token[0] == "arrow" for token in statement.tokens):
            self.rule(statement)
        elif statement.label:
            self.labelled(statement)
        else:
            self.fact_line(statement.tokens)

    def labelled(self, statement: Statement) -> None:
        """`deploy:prod` is a fact whose name has a colon; `r1: a` is a rule without its arrow."""
        after = statement.written.lstrip()[len(statement.label) :]
        if after[:1] != ":" or not after[1:2].strip():
            return self.rule(statement)
        later = [token for token in statement.tokens if token[2] != statement.line]
        return self.fact_line(tokens_of(statement.written, statement.line) + later)

    def fact_line(self, tokens: list[Token]) -> None:
        parser = _Parser(tokens, self.literals)
        while True:
            at = parser.peek()
            fact = parser.literal()
            if any(not isinstance(term, Constant) for term in fact.atom.args):
                fail("A fact has no variables; write a symbol in small letters or a text in quotes.", *at[2:])
            self.facts.append(fact)
            if not parser.takes(","):
                break
        parser.end(
            'A rule begins with its name, as in `r1: a => b`; facts are separated by commas; "…" holds other names.'
        )

    def order(self, statement: Statement) -> None:
        tokens = statement.tokens
        for index, (kind, text, line, column) in enumerate(tokens):
            if kind != ("id", "more")[index % 2]:
                fail(f"A preference names rules, the stronger first: `r2 > r1`; {text} is out of place.", line, column)
        if tokens[-1][0] == "more":
            fail("After > stands the name of the weaker rule.", *tokens[-1][2:])
        for stronger, weaker in zip(tokens[::2], tokens[2::2], strict=False):
            pair = (self.qualified(stronger[1]), self.qualified(weaker[1]))
            if pair[0] == pair[1]:
                fail(f"{stronger[1]} cannot be stronger than itself.", *weaker[2:])
            self.preferences.append(pair)

    def rule(self, statement: Statement) -> None:
        parser = _Parser(statement.tokens, self.literals)
        if not statement.label:
            fail("A rule begins with its name and a colon, as in `r1: a => b`.", statement.line, statement.column)
        identity = self.qualified(statement.label)
        if first := self.lines.get(identity):
            sentence = f"The name {statement.label} is taken by the rule on line {first}; give this one another."
            fail(sentence, statement.line, statement.column)
        self.lines[identity] = statement.line
        conditions = () if parser.peek()[0] == "arrow" else parser.body()
        strength = _STRENGTHS[parser.arrow()]
        self.rules.append(self.made(identity, statement.line, conditions, strength, parser))

    def made(
        self, identity: str, line: int, conditions: tuple[Condition, ...], strength: Strength, parser: _Parser
    ) -> Rule:
        concluded = parser.head()
        notes = notes_of(parser) if parser.at("(") else Notes()
        parser.end()
        given = self.defaults
        return Rule(
            id=identity,
            head=concluded,
            body=conditions,
            strength=strength,
            weight=given.weight if notes.weight is None else notes.weight,
            source=given.source if notes.source is None else notes.source,
            valid_from=notes.valid_from,
            valid_until=notes.valid_until,
            enacted_at=notes.enacted_at or given.enacted_at,
            bearer=given.bearer if notes.bearer is None else notes.bearer,
            authority=given.authority if notes.authority is None else notes.authority,
            tier=notes.tier or 0,
            line=line,
        )

    def qualified(self, identity: str) -> str:
        return identity if "/" in identity else f"{self.prefix}{identity}"


class _Parser(Cursor):
    """Conditions, literals and heads. `literals` keeps one of each, so that a large theory is small in memory."""

    def __init__(self, tokens: list[Token], literals: Literals | None = None) -> None:
        super().__init__(tokens)
        self.literals = {} if literals is None else literals

    def body(self) -> tuple[Condition, ...]:
        found = [self.condition()]
        while self.takes(","):
            found.append(self.condition())
        return tuple(found)

    def condition(self) -> Condition:
        kind, text, line, column = self.peek()
        if kind == "name" and not self.is_compared():
            if text == "not":
                self.take()
                return self.holds(is_absent=True)
            if text in ("known", "matches") and self.is_called():
                return self.known() if text == "known" else self.matches()
            if text not in _VALUES:
                return self.holds()
        if kind in ("negation", "modality") or (kind == "string" and not self.is_compared()):
            return self.holds()
        if kind in ("name", "string", "number", "operator") or text == "(":
            return self.comparison()
        return fail(f"A condition is missing before {text}." if text else "A condition is missing here.", line, column)

    def holds(self, *, is_absent: bool = False) -> Holds:
        modality, is_forbidden = self.modality()
        found = self.literal()
        return Holds(found.complement if is_forbidden else found, modality, is_absent)

    def modality(self) -> tuple[Modality, bool]:
        kind, text, line, column = self.peek()
        if kind != "modality":
            return Modality.FACT, False
        letter = text[1:-1].strip()
        if letter not in _MODALITIES:
            fail(f"{text} is no modality; write [O] (must), [F] (must not) or [P] (may).", line, column)
        self.take()
        return _MODALITIES[letter], letter == "F"

    def literal(self, *, may_glob: bool = False) -> Literal:
        is_negated = False
        if self.peek()[0] == "negation":
            self.take()
            is_negated = True
        at = self.peek()
        if at[0] == "negation":
            fail("~~p is p; write it without the signs.", *at[2:])
        if at[0] == "modality":
            fail("The sign goes inside: write [O] ~p; for the absence of a duty write not [O] p.", *at[2:])
        name = self.literal_name(may_glob=may_glob)
        if "*" in name and not may_glob:
            fail("* stands for many actions and may do so in the head of a norm only ([O], [F], [P]).", *at[2:])
        if self.is_adjacent("("):
            return Literal(Atom(name, self.arguments(may_glob=may_glob)), is_negated)
        found = self.literals.get((name, is_negated))
        if found is None:
            found = self.literals[name, is_negated] = Literal(Atom(name), is_negated)
        return found

    def literal_name(self, *, may_glob: bool) -> str:
        kind, text, line, column = self.peek()
        if (kind, text, may_glob) == ("operator", "*", True):
            return self.take()[1]
        if kind == "string":
            return self.text() or fail("A name is not empty.", line, column)
        if kind != "name":
            fail(f"A name is expected here{f', not {text}' if text else ''}.", line, column)
        if text in ("not", "known", "matches", *_VALUES):
            fail(f'{text} has a meaning of its own; as a name it stands in quotes: "{text}".', line, column)
        return self.take()[1]

    def arguments(self, *, may_glob: bool) -> tuple[Term, ...]:
        self.take()
        found: list[Term] = []
        while not self.takes(")"):
            if found and not self.takes(","):
                fail("Arguments are separated by commas and end with a closing parenthesis.", *self.peek()[2:])
            found.append(self.argument(may_glob=may_glob))
        return tuple(found)

    def known(self) -> Known:
        self.take(2)
        kind, _, line, column = self.peek()
        if kind != "name":
            fail("known( ) takes the name of a fact, as in known(amount).", line, column)
        name = self.fact_name()
        self.expect(")")
        return Known(name)

    def matches(self) -> Matches:
        self.take(2)
        value = self.expression()
        self.expect(",")
        kind, _, line, column = self.peek()
        if kind != "string":
            fail('The pattern stands in quotes: matches(args.path, "/tmp/*").', line, column)
        glob = self.text()
        self.expect(")")
        return Matches(value, glob)

    def arrow(self) -> str:
        kind, text, line, column = self.peek()
        if kind != "arrow":
            fail(f"A comma or an arrow (->, =>, ~>) is expected{f' before {text}' if text else ''}.", line, column)
        return self.take()[1]

    def head(self) -> Head:
        kind, text, line, column = self.peek()
        if kind == "end":
            fail("The rule concludes nothing; after the arrow stands a literal.", line, column)
        if text == "not":
            fail("A rule cannot conclude `not p`; it can conclude ~p, or defeat p: `~> ~p`.", line, column)
        modality, is_forbidden = self.modality()
        is_norm = modality is not Modality.FACT
        first = self.literal(may_glob=is_norm)
        chain = [first.complement if is_forbidden else first]
        while self.at(","):
            if modality is not Modality.OBLIGATION:
                hint = "each repairs the breach of those before it; write one rule for each"
                fail(f"Only an obligation has more than one literal ({hint}).", *self.peek()[2:])
            self.take()
            chain.append(self.literal(may_glob=True))
        return Head(tuple(chain), modality)
