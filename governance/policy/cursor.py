"""The lower half of the text format's parser: the cursor over tokens, terms, expressions, comparisons."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from governance.policy.terms import Arithmetic, Compares, Constant, Expression, Fact, Term, Variable
from governance.policy.tokens import Token, fail

MAX_STEPS: Final = 50
"""Most operators, signs and parentheses in one expression; deeper trees would end Python's stack."""
MAX_DIGITS: Final = 100

_ESCAPE: Final = re.compile(r"\\(.)")
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_VALUES: Final = {"true": True, "false": False}


def is_variable(name: str) -> bool:
    """Whether a name, as an argument or in a comparison, is a variable."""
    return name[:1].isupper() and not any(sign in name for sign in ".-/:*")


class Cursor:
    """A cursor over the tokens of one statement, and what it can read by itself."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.steps = 0
        last = tokens[-1] if tokens else ("", "", 1, 1)
        end = ("end", "", last[2], last[3] + len(last[1]))
        tokens += (end, end, end)  # so that looking ahead never falls off

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[self.index + ahead]

    def take(self, count: int = 1) -> Token:
        token = self.tokens[self.index]
        self.index += count
        return token

    def at(self, mark: str) -> bool:
        return self.tokens[self.index][1] == mark and self.tokens[self.index][0] == "mark"

    def takes(self, mark: str) -> bool:
        if self.at(mark):
            self.index += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            _, text, line, column = self.peek()
            fail(f"{mark} is expected here{f', not {text}' if text else ''}.", line, column)

    def end(self, hint: str = "Conditions are separated by commas; notes stand last, in parentheses.") -> None:
        """Raise unless everything was read."""
        kind, text, line, column = self.peek()
        if kind != "end":
            fail(f"{text} is not expected here. {hint}", line, column)

    def is_adjacent(self, mark: str) -> bool:
        """Whether the mark follows the token before it without a space."""
        _, text, line, column = self.tokens[self.index - 1]
        token = self.tokens[self.index]
        return token[1] == mark and token[2] == line and token[3] == column + len(text)

    def is_called(self) -> bool:
        _, text, line, column = self.peek()
        token = self.peek(1)
        return token[1] == "(" and token[2:] == (line, column + len(text))

    def is_compared(self) -> bool:
        return self.peek(1)[0] == "operator"

    def fact_name(self) -> str:
        at = self.peek()
        name = self.take()[1]
        if "*" in name:
            fail("In an expression * multiplies and stands between spaces.", *at[2:])
        if is_variable(name) or name in _VALUES:
            fail(f"{name} is no fact: a name of one capitalised word is a variable.", *at[2:])
        return name

    def text(self) -> str:
        """The text in quotes under the cursor."""
        inner = self.take()[1][1:-1]
        return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner

    def number(self) -> int | Decimal:
        """An exact number; `2.0` is 2."""
        _, text, line, column = self.take()
        if len(text) > MAX_DIGITS:
            fail(f"A number has at most {MAX_DIGITS} digits.", line, column)
        if self.is_glued():
            fail(f"{text}{self.peek()[1]} is neither a number nor a name; a text stands in quotes.", line, column)
        value = Decimal(text)
        return int(value) if value == value.to_integral_value() else value

    def is_glued(self) -> bool:
        _, text, line, column = self.tokens[self.index - 1]
        token = self.tokens[self.index]
        return token[0] in ("name", "number", "string") and token[2:] == (line, column + len(text))

    def argument(self, *, may_glob: bool = False) -> Term:
        kind, text, line, column = self.peek()
        if kind == "number":
            return self.number()
        if text == "-" and self.peek(1)[0] == "number":
            self.take()
            return -self.number()
        if kind == "string":
            return self.text()
        if text == "*" and may_glob:
            return self.take()[1]
        if kind != "name":
            fail("An argument is a name, a number, a text in quotes, or a variable (Capital).", line, column)
        name = self.take()[1]
        if "*" in name and not may_glob:
            fail(f'* is a pattern in the head of a norm only; as a text write "{name}".', line, column)
        return Variable(name) if is_variable(name) else _VALUES.get(name, name)

    def comparison(self) -> Compares:
        self.steps = 0
        left = self.expression()
        kind, text, line, column = self.peek()
        if text not in _COMPARISONS or kind != "operator":
            hint = "for the opposite of p write ~p; one of == != < <= > >= compares"
            fail(f"A comparison is expected here{f', not {text}' if text else ''}: {hint}.", line, column)
        self.take()
        found = Compares(text, left, self.expression())
        if self.peek()[1] in _COMPARISONS:
            fail("Two things are compared at a time: write `a < b, b < c`.", *self.peek()[2:])
        return found

    def expression(self) -> Expression:
        found = self.term()
        while self.is_operator("+", "-"):
            found = Arithmetic(self.step()[1], found, self.term())
        return found

    def term(self) -> Expression:
        found = self.factor()
        while self.is_operator("*", "/"):
            found = Arithmetic(self.step()[1], found, self.factor())
        return found

    def factor(self) -> Expression:
        signs = 0
        while self.is_operator("-"):
            self.step()
            signs += 1
        found = self.unsigned()
        if not signs % 2:
            return found
        return -found if isinstance(found, int | Decimal) and not isinstance(found, bool) else Arithmetic("-", 0, found)

    def unsigned(self) -> Expression:
        kind, text, line, column = self.peek()
        if kind == "number":
            return self.number()
        if kind == "string":
            return self.text()
        if text == "(":
            self.step()
            found = self.expression()
            self.expect(")")
            return found
        if kind != "name":
            fail(f"A value is expected here{f', not {text}' if text else ''}.", line, column)
        return self.named()

    def named(self) -> Constant | Variable | Fact:
        text = self.peek()[1]
        if text in _VALUES:
            self.take()
            return _VALUES[text]
        if is_variable(text):
            return Variable(self.take()[1])
        return Fact(self.fact_name())

    def is_operator(self, *signs: str) -> bool:
        token = self.tokens[self.index]
        return token[0] == "operator" and token[1] in signs

    def step(self) -> Token:
        self.steps += 1
        if self.steps > MAX_STEPS:
            fail(
                f"One comparison has at most {MAX_STEPS} operators and parentheses; write a rule for a part of it.",
                *self.peek()[2:],
            )
        return self.take()
