"""The text format: what it says, and what it answers to a slip of the pen."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from governance.policy.errors import NotATheory
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import (
    Arithmetic,
    Atom,
    Compares,
    Condition,
    Fact,
    Holds,
    Known,
    Literal,
    Matches,
    Modality,
    Variable,
)
from governance.policy.text import Defaults, body, parse
from governance.policy.writing import condition_text, rule_text, theory_text

from .strategies import CONDITIONS, theories


def lit(name: str, *args: object) -> Literal:
    return Literal(Atom(name.lstrip("~"), args), name.startswith("~"))  # type: ignore[arg-type]


def only(text: str) -> Rule:
    (rule,) = parse(text).rules
    return rule


@given(theories())
def test_theory_text__any_theory__reads_back_as_it_was(theory: Theory) -> None:
    assert parse(theory_text(theory)) == theory


@given(CONDITIONS)
def test_condition_text__any_condition__reads_back_as_it_was(condition: Condition) -> None:
    assert body(condition_text(condition)) == (condition,)


def test_parse__the_rule_of_the_issue__every_part() -> None:
    rule = only('r1: foo, not bar => [O] report  (weight 800, source "gov.md 7.3")')
    assert rule == Rule(
        id="r1",
        head=Head((lit("report"),), Modality.OBLIGATION),
        body=(Holds(lit("foo")), Holds(lit("bar"), is_absent=True)),
        weight=800,
        source="gov.md 7.3",
    )


@pytest.mark.parametrize(("arrow", "strength"), [("->", "strict"), ("=>", "defeasible"), ("~>", "defeater")])
def test_parse__arrows__with_and_without_spaces(arrow: str, strength: str) -> None:
    assert only(f"r:a{arrow}~b") == only(f"r: a {arrow} ~b")
    assert only(f"r:a{arrow}~b").strength is Strength(strength)


def test_parse__prohibition__is_the_obligation_of_the_opposite_and_keeps_its_reparation() -> None:
    assert only("r: => [F] damage, pay").head == Head((lit("~damage"), lit("pay")), Modality.OBLIGATION)
    assert body("not [F] p") == (Holds(lit("~p"), Modality.OBLIGATION, is_absent=True),)


def test_parse__indented_lines__belong_to_the_rule_above() -> None:
    theory = parse(
        "  # of birds\n  bird, ~swims\n  r1: bird,\n    light\n  # still r1\n    => flies # why not\n\n  r1 > r2 > r3\n"
    )
    assert [rule_text(rule) for rule in theory.rules] == ["r1: bird, light => flies"]
    assert theory.rules[0].line == 3
    assert theory.facts == (lit("bird"), lit("~swims"))
    assert theory.preferences == (("r1", "r2"), ("r2", "r3"))


def test_parse__prefix__qualifies_what_has_no_document_yet() -> None:
    theory = parse("r1: => a\nlaw/r2: => b\nr1 > law/r2", prefix="gov.md")
    assert [rule.id for rule in theory.rules] == ["gov.md/r1", "law/r2"]
    assert theory.preferences == (("gov.md/r1", "law/r2"),)


def test_parse__defaults__fill_what_a_rule_does_not_state() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    defaults = Defaults(weight=800, source="gov.md 7.3", authority="the board", enacted_at=since, bearer="clerk")
    first, second = parse('r1: => a\nr2: => b (weight domain, bearer "x*", source "own")', defaults=defaults).rules
    assert (first.weight, first.source, first.authority, first.enacted_at, first.bearer) == (
        800,
        "gov.md 7.3",
        "the board",
        since,
        "clerk",
    )
    assert (second.weight, second.source, second.bearer, second.authority) == (600, "own", "x*", "the board")


def test_parse__moments__are_aware_and_a_date_is_midnight_utc() -> None:
    rule = only('r: => a (from "2026-01-01", until "2026-02-01T12:00:00+02:00")')
    assert rule.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert rule.valid_until == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_parse__a_fact_with_a_colon_in_its_name__is_a_fact() -> None:
    assert parse("deploy:prod, mcp:x,\n  late").facts == (lit("deploy:prod"), lit("mcp:x"), lit("late"))


def test_body__comparisons__are_exact_and_bind_as_in_school() -> None:
    x, amount = Variable("X"), Fact("amount")
    assert body('X > 5*amount - -3.50, role=="auditor", matches(args.path, "/tmp/*"), known(amount)') == (
        Compares(">", x, Arithmetic("-", Arithmetic("*", 5, amount), Decimal("-3.5"))),
        Compares("==", Fact("role"), "auditor"),
        Matches(Fact("args.path"), "/tmp/*"),
        Known("amount"),
    )
    assert body("a-b > a - b") == (Compares(">", Fact("a-b"), Arithmetic("-", Fact("a"), Fact("b"))),)
    assert body("") == ()


def test_body__capital__is_a_name_as_a_literal_and_a_variable_inside_parentheses() -> None:
    assert body('Penguin, p(X, "X", x, 2.0, true)') == (
        Holds(lit("Penguin")),
        Holds(lit("p", Variable("X"), "X", "x", 2, True)),
    )


SLIPS = [
    ("r1: a", 1, 6, "an arrow"),
    ("r1: a =>", 1, 9, "concludes nothing"),
    ("a b", 1, 3, "begins with its name"),
    ("r1: => a\nr1: => b", 2, 1, "taken by the rule on line 1"),
    ("r1: a = b => c", 1, 7, "Write == to compare"),
    ("r1: a => b (wieght 3)", 1, 13, "no note"),
    ("r1: a => b (weight heavy)", 1, 20, "no class of weight"),
    ("r1: a => b (weight 2000)", 1, 20, "from 0 to 1000"),
    ("r1: a => b (weight 1, weight 2)", 1, 23, "stated twice"),
    ('r1: a => b (from "2026-13-01")', 1, 18, "takes a date"),
    ("r1: a => b (from 2026-01-01)", 1, 18, "in quotes"),
    ('r1: a => b (from "2026-01-01T00:00:00")', 1, 18, "with offset"),
    ('r1: a => b (from "2026-02-01", until "2026-01-01")', 1, 12, "ends before it begins"),
    ("r1: -b => c", 1, 8, "write ~p"),
    ("r1: a => b.", 1, 11, "no full stop"),
    ("r1: a => b, c", 1, 11, "Only an obligation"),
    ("r1: a => not b", 1, 10, "cannot conclude"),
    ("r1: a or b => c", 1, 7, "An arrow"),
    ("r1: [X] p => q", 1, 5, "[O] (must)"),
    ("r1: ~~p => q", 1, 6, "~~p is p"),
    ("r1: x.* => q", 1, 5, "head of a norm"),
    ("r1: 1 < 2 < 3 => q", 1, 11, "Two things"),
    ("r1: p(a b) => q", 1, 9, "separated by commas"),
    ('r1: "abc => q', 1, 5, "no closing quote"),
    ("r1: true => q", 1, 10, "comparison"),
    ("p(X)", 1, 1, "no variables"),
    ("=> b", 1, 1, "begins with its name"),
    ("a > b c", 1, 7, "out of place"),
    ("a > a", 1, 5, "stronger than itself"),
    ("fine\nr1: a\u202eb => c", 2, 6, "direction"),
    ("a\u200bb", 1, 2, "cannot be seen"),
    ("a\x00b", 1, 2, "control character U+0000"),
    ("a\rb", 1, 2, "control character"),
    ("a\u00a0b", 1, 2, "ordinary space"),
    ("cafe\u0301", 1, 5, "NFC"),
    ("audit\n\n\u0430udit", 3, 1, "line 1"),
    ("r1: => p\nr2: => q(\u03bf)\nr3: => o", 3, 8, "line 2"),
    ("a\ud800", 1, 2, "U+D800"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), SLIPS)
def test_parse__slip_of_the_pen__says_where_and_what_to_write(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(NotATheory) as raised:
        parse(text)
    assert (raised.value.line, raised.value.column) == (line, column), raised.value.sentence
    assert words.lower() in raised.value.sentence.lower()
    assert raised.value.sentence.startswith(f"Line {line}, column {column}: ")


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "1+" * 100_000, "-" * 100_000, "~" * 100_000, "[" * 100_000, "a-" * 100_000]
)
def test_parse__endless_nesting__refused_without_a_crash(text: str) -> None:
    with pytest.raises(NotATheory):
        parse(f"r1: {text}")


def test_parse__more_than_ten_megabytes__refused() -> None:
    with pytest.raises(NotATheory, match="10,485,760 bytes"):
        parse("a" * (10 * 1024 * 1024 + 1))


def test_parse__russian_rules__are_fine() -> None:
    assert parse("правило: птица => летает").rules[0].id == "правило"


def test_parse__windows_lines__are_lines() -> None:
    assert parse("p\r\nr: p\r\n  => q\r\n") == parse("p\nr: p\n  => q\n")


def test_parse__error_about_an_endless_name__is_short_and_quick() -> None:
    with pytest.raises(NotATheory) as raised:
        parse(f"p {'a' * 1_000_000}{chr(0x0301)}")
    assert len(raised.value.sentence) < 600
    with pytest.raises(NotATheory) as raised:
        parse(f"p {'a' * 1_000_000}")
    assert len(raised.value.sentence) < 600
