"""Whatever comes in, the answer is a verdict, in bounded time; what cannot be known denies and says why."""

from __future__ import annotations

import time
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Head, Rule, Theory
from governance.policy.soundness import findings
from governance.policy.terms import Arithmetic, Atom, Compares, Expression, Fact, Literal, Matches, Modality
from governance.policy.verdict import Outcome, Verdict
from tests.unit.policy.build import AT, asked, rule, so, when

PERMIT = rule("p", "[P] pay")
LIMIT = rule("ban", "[F] pay", when("amount", ">", 500), weight=800)


def deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = {"a": found}
    return found


def pay(*rules: Rule, **more: Any) -> Verdict:
    return asked(*rules, action="pay", **more)


@pytest.mark.parametrize(
    "facts",
    [
        {"amount": [1, 2]},
        {"amount": {"value": 1}},
        {"amount": "700"},
        {"amount": True},
        {"amount": float("nan")},
        {"amount": float("inf")},
        {"amount": 10**5000},
        {"amount": Decimal("1e999999")},
        {"amount": None},
        {"amount": object()},
        {"amount": [[1]]},
        {"amount": 1, 7: 1},
        {"amount": 1, "a": deep(10_000)},
        {"amount": 1, "a": "x" * 10_000_000},
        {"amount": 1} | {f"f{number}": number for number in range(50_000)},
        {"amount": 1, "a": list(range(50_000))},
        {"a.b": 1, "a": {"b": 2}, "amount": None},
        "amount",
        b"amount",
        7,
        [7],
        ["amount("],
        ["p(X)"],
        ["x" * 2_000_000],
    ],
)
def test_facts_that_cannot_be_read_deny_with_a_reason(facts: Any) -> None:
    start = time.process_time()
    verdict = pay(PERMIT, LIMIT, facts=facts)
    assert time.process_time() - start < 6
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors or verdict.missing_facts
    assert verdict.compliance_score == 0


def test_a_fact_that_no_rule_asks_for_may_hold_anything_readable() -> None:
    facts = {"amount": 1, "lines": [{"sku": 1}], "note": None, "odd": float("nan"), "empty": {}}
    assert pay(PERMIT, LIMIT, facts=facts).outcome is Outcome.PERMIT


def test_a_literal_of_a_name_that_cannot_be_read_denies() -> None:
    ban = rule("ban", "[F] pay", "items(gun)", weight=800)
    assert pay(PERMIT, ban, facts={"items": ["rope"]}).outcome is Outcome.PERMIT
    verdict = pay(PERMIT, ban, facts={"items": [["gun"]]})
    assert verdict.errors == ("ban: items is a list with an item that is a list.",)
    many = [rule(f"ban{n}", "[F] pay", f"items(gun{n})", weight=800) for n in range(30)]
    assert pay(PERMIT, *many, facts={"items": ["gun"]}).outcome is Outcome.PERMIT
    assert len(pay(PERMIT, *many, facts={"items": [["gun"]]}).errors) == 30


def test_a_truth_value_is_no_number() -> None:
    one = rule("ban", "[F] pay", "level(1)", weight=800)
    assert pay(PERMIT, one, facts={"level": [1]}).outcome is Outcome.DENY
    assert pay(PERMIT, one, facts={"level": [True]}).outcome is Outcome.PERMIT


@pytest.mark.parametrize("action", ["", "pay*", None, 7, ["pay"]])
def test_an_action_without_a_name_is_denied(action: Any) -> None:
    assert asked(PERMIT, action=action).outcome is Outcome.DENY


def test_a_moment_without_a_zone_is_denied() -> None:
    verdict = decide(book_of(Theory((PERMIT,))), facts={}, action="pay", at=datetime(2026, 1, 1))
    assert verdict.errors == ("The moment of the question has no time zone.",)
    assert pay(rule("p", "[P] pay", valid_from=datetime(2026, 1, 1))).errors == ("p: a moment has no time zone.",)


def test_arithmetic_is_exact_and_bounded() -> None:
    third = Arithmetic("/", Fact("amount"), 3)
    exact = rule("ban", "[F] pay", Compares("!=", Arithmetic("*", third, 3), Fact("amount")), weight=800)
    assert pay(PERMIT, exact, facts={"amount": 10_000}).outcome is Outcome.PERMIT
    tenths = rule("ban", "[F] pay", Compares("!=", Arithmetic("+", Fact("a"), Fact("b")), Decimal("0.3")), weight=800)
    assert pay(PERMIT, tenths, facts={"a": 0.1, "b": 0.2}).outcome is Outcome.PERMIT
    nothing = rule("ban", "[F] pay", Compares(">", Arithmetic("/", 1, Fact("a")), 1), weight=800)
    assert pay(PERMIT, nothing, facts={"a": 0}).errors == ("ban: a division by zero.",)
    grows: Expression = Fact("a")
    for _ in range(50):
        grows = Arithmetic("*", grows, grows)
    start = time.process_time()
    verdict = pay(
        PERMIT,
        rule("ban", "[F] pay", Compares(">", Arithmetic("*", 10**400, Fact("a")), 1), weight=800),
        facts={"a": 10**360},
    )
    assert verdict.outcome is Outcome.DENY
    assert time.process_time() - start < 1


def test_an_expression_nested_without_end_is_refused_not_followed() -> None:
    endless: Expression = Fact("a")
    for _ in range(50_000):
        endless = Arithmetic("+", endless, 1)
    ban = Rule("ban", Head((Literal(Atom("pay"), True),), Modality.OBLIGATION), (Compares(">", endless, 1),))
    assert pay(PERMIT, ban, facts={"a": 1}).errors == ("ban: an expression is nested too deep.",)
    assert findings(Theory((ban,)))[0].code == "broken_rule"


def test_no_glob_is_slow() -> None:
    evil = rule("ban", "[F] pay", Matches(Fact("path"), "*a?" * 300 + "b"), weight=800)
    start = time.process_time()
    assert pay(PERMIT, evil, facts={"path": "a" * 20_000}).outcome is Outcome.PERMIT
    assert time.process_time() - start < 1


def test_a_line_of_rules_that_is_too_long_is_too_much_to_decide() -> None:
    chain = [rule(f"r{step}", f"p{step + 1}", f"p{step}") for step in range(10_000)]
    verdict = pay(PERMIT, rule("ban", "[F] pay", "p10000"), *chain)
    assert verdict.outcome is Outcome.DENY
    assert "too much to decide" in verdict.sentence


def test_a_join_without_end_is_too_much_to_decide() -> None:
    wide = rule("ban", "[F] pay", so("a(X)"), so("b(Y)"), so("c(Z)"), weight=800)
    facts = {name: list(range(200)) for name in "abc"}
    start = time.process_time()
    assert "too much to decide" in pay(PERMIT, wide, facts=facts).sentence
    assert time.process_time() - start < 6


def test_ten_thousand_mutually_defeating_rules_are_denied_at_once() -> None:
    rules = [rule(f"r{n}", "[F] pay" if n % 2 else "[P] pay", f"c{n}") for n in range(10_000)]
    facts = {f"c{n}": True for n in range(10_000)}
    book = book_of(Theory(tuple(rules)))
    start = time.process_time()
    assert decide(book, facts=facts, action="pay", at=AT).outcome is Outcome.DENY
    assert time.process_time() - start < 6


def test_three_thousand_roles_that_must_approve_are_found_at_once() -> None:
    rules = [rule(f"r{n}", f"[O] approved(pay, role{n})", when("amount", ">", n)) for n in range(3_000)]
    more = [
        rule("any", "[F] approved(pay, R)", "barred(R)", weight=800),
        rule("lets", "[P] ~approved(pay, role7)", weight=800),
    ]
    book = book_of(Theory((PERMIT, *rules, *more)))
    start = time.process_time()
    verdict = decide(book, facts={"amount": 5_000, "barred": ["role8"]}, action="pay", at=AT)
    assert time.process_time() - start < 5
    wanted = {f"role{n}" for n in range(3_000)} - {"role7", "role8"}
    assert verdict.outcome is Outcome.REQUIRE_APPROVAL
    assert {duty.approvers[0] for duty in verdict.obligations if duty.approvers} == wanted


def test_preferences_in_a_circle_tell_nothing_apart() -> None:
    verdict = pay(PERMIT, rule("ban", "[F] pay"), prefer=[("p", "ban"), ("ban", "p")])
    assert verdict.outcome is Outcome.DENY
    assert "contradict each other" in verdict.sentence


def test_a_circle_of_mixed_criteria_never_proves_both() -> None:
    rules = (
        rule("p1", "[P] pay", "a"),
        rule("p2", "[P] pay", "b"),
        rule("f1", "[F] pay", "c"),
        rule("f2", "[F] pay", "d"),
    )
    prefer = [("p1", "f1"), ("f1", "p2"), ("p2", "f2"), ("f2", "p1")]
    verdict = pay(*rules, facts=dict.fromkeys("abcd", True), prefer=prefer)
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors == ("The rules about pay defeat each other in a circle.",)


def test_ids_that_look_alike_are_other_ids() -> None:
    assert findings(Theory((rule("pay", "p"), rule("p\u0430y", "q"))))[0].code == "look_alike"
