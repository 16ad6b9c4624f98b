"""`conclude` by small examples: what the conformance cases do not reach, and how the work grows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.policy import ground
from governance.policy.conclude import conclude
from governance.policy.errors import NotATheory
from governance.policy.text import parse

MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def proved(text: str, *, at: datetime | None = None) -> set[str]:
    return set(conclude(parse(text), at=at).as_json(is_normative=False)["+d"])


def norms(text: str) -> dict[str, list[str]]:
    return {
        name: found
        for name, found in conclude(parse(text)).as_json(is_normative=True).items()
        if name != "facts_derived"
    }


def test_conclude__a_literal_that_hangs_on_itself__is_neither_proved_nor_refuted() -> None:
    found = conclude(parse("a: p => p\nb: q -> q")).as_json()
    assert found == {"+D": [], "-D": ["p", "~p", "~q"], "+d": [], "-d": ["~p", "~q"]}


def test_conclude__absence__holds_where_proof_is_refuted() -> None:
    assert "flies" in proved("bird\nr: bird, not penguin => flies")
    assert "flies" not in proved("bird, penguin\nr: bird, not penguin => flies")
    assert "q" not in proved("r1: not q => p\nr2: not p => q")


def test_conclude__contradicting_facts__are_both_proved() -> None:
    found = conclude(parse("p, ~p")).as_json()
    assert found == {"+D": ["p", "~p"], "-D": [], "+d": ["p", "~p"], "-d": []}


def test_conclude__strict_rule_with_an_absence_or_a_norm__proves_but_not_for_certain() -> None:
    found = conclude(parse("s: not q -> p\nt: [O] r -> u\no: => [O] r"))
    assert found.as_json(is_normative=False)["+D"] == []
    assert {"p", "u"} <= set(found.as_json(is_normative=False)["+d"])


def test_conclude__preferences__count_as_given_and_are_not_chained() -> None:
    assert proved("a: => p\nb: => ~p\nc: => q\na > c\nc > b") == {"q"}


def test_conclude__without_weights__neither_specificity_nor_date_decides() -> None:
    text = 'bird, penguin\na: bird => flies (enacted "2020-01-01")\nb: bird, penguin => ~flies (enacted "2021-01-01")'
    assert proved(text) == {"bird", "penguin"}
    assert proved(f"{text}\nc: => x (weight 600)") == {"bird", "penguin", "x", "~flies"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("(weight 800)", "(weight 700)"),
        ('(weight 800, enacted "2020-01-01")', '(weight 700, enacted "2026-01-01")'),
        ('(weight 800, enacted "2026-01-02")', '(weight 800, enacted "2026-01-01")'),
        ('(weight 800, enacted "2026-01-01")', "(weight 800)"),
    ],
)
def test_conclude__with_weights__weight_then_date_decides(first: str, second: str) -> None:
    assert proved(f"a: => p {first}\nb: => ~p {second}") == {"p"}


def test_conclude__with_weights__preference_before_specificity_before_date() -> None:
    specific = 'x, y\na: x => p (weight 800, enacted "2026-01-01")\nb: x, y => ~p (weight 800)'
    assert proved(specific) == {"x", "y", "~p"}
    assert proved(f"{specific}\na > b") == {"x", "y", "p"}
    assert proved("a: => p (weight 700)\nb: => ~p (weight 800)\na > b") == {"~p"}


def test_conclude__strict_norm__gives_way_to_a_heavier_one_and_a_defeater_norm_only_attacks() -> None:
    assert norms("a: -> [P] x\nb: => [F] x (weight 800)")["obligations"] == ["~x"]
    assert norms("a: => [O] x\nd: ~> [P] ~x") == {
        "obligations": [],
        "permissions": [],
        "violations": [],
        "terminal_violations": [],
    }


def test_conclude__reparation__follows_the_breach() -> None:
    found = norms("damage, ~pay\nr: => [F] damage, pay, apologise")
    assert found["obligations"] == ["apologise", "pay", "~damage"]
    assert found["violations"] == ["pay", "~damage"]
    assert norms("damage, ~pay\nr: => [F] damage, pay")["terminal_violations"] == ["r"]


def test_conclude__at_a_moment__only_rules_that_are_valid_then() -> None:
    text = 'a: => p (until "2026-06-01")\nb: => q (from "2026-06-01")'
    assert proved(text, at=MAY) == {"p"}
    assert proved(text, at=JUNE) == {"q"}
    assert proved(text) == {"p", "q"}
    assert conclude(parse(text), at=MAY).as_json()["-d"] == ["q", "~p", "~q"]


def test_conclude__variables__stand_for_what_facts_and_rules_reach() -> None:
    text = """
    parent(ann, bob), parent(bob, cid), minor(cid)
    r1: parent(X, Y) => ancestor(X, Y)
    r2: parent(X, Y), ancestor(Y, Z) => ancestor(X, Z)
    r3: ancestor(X, Y), minor(Y), not absent(X) => [O] care(X, Y)
    """
    assert proved(text) >= {"ancestor(ann, bob)", "ancestor(ann, cid)", "ancestor(bob, cid)"}
    assert norms(text)["obligations"] == ["care(ann, cid)", "care(bob, cid)"]


def test_conclude__variables__preferences_hold_between_instances_about_the_same() -> None:
    text = "bird(tux), bird(tweety), penguin(tux)\nr1: bird(X) => flies(X)\nr2: penguin(X) => ~flies(X)\nr2 > r1"
    assert {"flies(tweety)", "~flies(tux)"} <= proved(text)


def test_conclude__comparisons__read_facts_exactly_and_truth_is_no_number() -> None:
    assert "big" in proved("amount(0.3)\nr: amount == 0.1 + 0.2 => big")
    assert "big" in proved("amount(600)\nr: amount(X), X > 500 => big")
    assert "big" not in proved("r: amount > 500 => big")
    assert "big" not in proved('amount("600")\nr: amount > 500 => big')
    assert "yes" not in proved("p(true)\nr: p(1) => yes")
    assert "yes" in proved('vip, path("/tmp/x")\nr: vip == true, known(path), matches(path, "/tmp/*") => yes')


def test_conclude__a_rule_whose_comparison_is_false__still_names_its_atoms() -> None:
    assert conclude(parse("r: 1 > 2, a => b")).as_json()["-d"] == ["a", "b", "~a", "~b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p(a)\nr: not p(X) => q(X)", "variable X"),
        ("r: p => q(X)", "variable X"),
        ("r: p, X > 3 => q", "variable X"),
    ],
)
def test_conclude__a_variable_that_nothing_binds__refused_with_its_rule(text: str, words: str) -> None:
    with pytest.raises(NotATheory, match=words) as raised:
        conclude(parse(text))
    assert raised.value.problems[0][0] == "r"


def test_conclude__too_many_instances__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "MAX_LITERALS", 1000)
    facts = ", ".join(f"n({number})" for number in range(100))
    with pytest.raises(NotATheory, match="too many instances"):
        conclude(parse(f"{facts}\nr: n(A), n(B), n(C), n(D) => far(A, B, C, D)"))


def chain(size: int) -> str:
    rules = (f"a{i}: p{i} => p{i + 1}\nb{i}: p{i} => ~p{i + 1}\na{i} > b{i}\n" for i in range(size))
    return f"p0\n{''.join(rules)}"


def crowd(size: int) -> str:
    sides = ("", "~")
    return "".join(f"r{i}: x{i % 7}, y{i} => {sides[i % 2]}p (weight {500 + i % 300})\n" for i in range(size)) + "x0\n"


def reparations(size: int) -> str:
    return "".join(f"~a{i}\n" for i in range(size)) + f"r: => [O] {', '.join(f'a{i}' for i in range(size))}\n"


@pytest.mark.parametrize("shape", [chain, crowd, reparations])
def test_conclude__twice_the_theory__takes_twice_the_steps(shape: object) -> None:
    small, large = (conclude(parse(shape(size))).steps for size in (1000, 2000))  # type: ignore[operator]
    assert large <= 2.1 * small


def test_conclude__order_of_rules__changes_nothing() -> None:
    lines = chain(20).splitlines()
    assert conclude(parse("\n".join(reversed(lines)))).as_json() == conclude(parse("\n".join(lines))).as_json()
