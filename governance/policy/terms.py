"""What rules are made of: terms, atoms, literals, conditions. Immutable, hashable, ordered by their text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Constant = str | int | Decimal | bool
"""A symbol or a string, an exact number, a truth value. Never a float."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that begins with a capital letter; it stands for the same constant everywhere in one rule."""

    name: str


Term = Constant | Variable


@dataclass(frozen=True, slots=True)
class Atom:
    """`name` or `name(term, …)`. As the head of a norm the name may be a glob over actions (`payroll.*`, `*`)."""

    name: str
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom or its strong negation (`~p`)."""

    atom: Atom
    is_negated: bool = False

    @property
    def complement(self) -> Literal:
        return Literal(self.atom, not self.is_negated)


class Modality(StrEnum):
    """How a literal is meant: as a fact, as obligatory, as permitted. A prohibition of p is the obligation of ~p."""

    FACT = "fact"
    OBLIGATION = "O"
    PERMISSION = "P"


@dataclass(frozen=True, slots=True)
class Holds:
    """`p`, `~p`, `[O] p`, `[P] p`: proved; with `is_absent` (`not p`, `not [O] p`) proved to be unprovable."""

    literal: Literal
    modality: Modality = Modality.FACT
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """The value of a named fact (`amount`, `customer.country`) inside an expression."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`, with one of + - * /, exact."""

    operator: str
    left: Expression
    right: Expression


Expression = Constant | Variable | Fact | Arithmetic


@dataclass(frozen=True, slots=True)
class Compares:
    """`left operator right`, with one of == != < <= > >=. A fact that is missing makes the rule's answer unknown."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Known:
    """`known(amount)`: the fact is there, whatever its value."""

    name: str


@dataclass(frozen=True, slots=True)
class Matches:
    """`matches(args.path, "/tmp/*")`: the value is a text that the glob (`*` any run, `?` any one character) covers."""

    value: Expression
    glob: str


Condition = Holds | Compares | Known | Matches
