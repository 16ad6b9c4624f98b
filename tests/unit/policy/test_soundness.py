"""What keeps a rulebook from being activated, and that finding it out is quick."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from governance.policy.errors import Finding
from governance.policy.rules import Rule, Theory
from governance.policy.soundness import findings
from governance.policy.terms import Holds
from tests.unit.policy.build import AT, rule, when


def found(*rules: Rule, prefer: Any = ()) -> tuple[Finding, ...]:
    return findings(Theory(rules, preferences=tuple(prefer)))


def codes(*rules: Rule, prefer: Any = ()) -> list[str]:
    return [finding.code for finding in found(*rules, prefer=prefer)]


def test_a_sound_theory_has_no_findings() -> None:
    assert not found(rule("r1", "[F] delete", when("amount", ">", 5), weight=800), rule("r2", "[P] delete"))


def test_ids_are_used_once_and_do_not_look_alike() -> None:
    assert codes(rule("r1", "p"), rule("r1", "q")) == ["duplicate_id"]
    assert codes(rule("pay", "p"), rule("p\u0430y", "q")) == ["look_alike"]


def test_preferences_speak_of_rules_that_exist_of_one_class_and_in_no_circle() -> None:
    one, two = rule("r1", "p"), rule("r2", "~p", "q")
    assert codes(one, two, prefer=[("r1", "r9")]) == ["unknown_preference"]
    assert codes(rule("r1", "p", weight=800), two, prefer=[("r2", "r1")]) == ["lifting_preference"]
    assert "circular_preferences" in codes(one, two, prefer=[("r2", "r1"), ("r1", "r2")])


def test_a_circle_is_named_in_order() -> None:
    (finding,) = found(rule("b", "q", "p"), rule("c", "r", "q"), rule("a", "p", "not r"))
    assert finding.code == "circle"
    assert finding.rules == ("a", "c", "b")
    assert found(rule("a", "p", "p"))[0].rules == ("a",)
    assert codes(rule("a", "[O] p", "[P] p")) == ["circle"]
    assert not codes(rule("a", "[O] p; q"))
    assert codes(rule("a", "reach(X)", "reach(Y)", "edge(Y, X)")) == ["circle"]
    assert not codes(rule("a", "p(1)", "p(2)"))


def test_rules_hang_on_each_other_at_most_ten_deep() -> None:
    chain = [rule(f"r{step:02}", f"p{step + 1}", f"p{step}") for step in range(11)]
    assert not codes(*chain[:10])
    (finding,) = found(*chain)
    assert finding.code == "too_deep"
    assert len(finding.rules) == 11


def test_an_unresolved_conflict_names_both_rules_and_their_sources() -> None:
    (finding,) = found(rule("r1", "[F] delete", "a", source="gov.md 1"), rule("r2", "[P] delete", "b", source="toml 2"))
    assert finding.code == "conflict"
    assert finding.rules == ("r1", "r2")
    assert "r1 (gov.md 1) and r2 (toml 2)" in finding.sentence


BAN = rule("ban", "[F] delete", when("amount", ">=", 500))


@pytest.mark.parametrize(
    "other",
    [
        rule("lets", "[P] delete", when("amount", "<", 500)),
        rule("lets", "[P] delete", when("amount", "==", 3)),
        rule("lets", "[P] delete", when("amount", ">=", 500), "a"),
        rule("lets", "[P] delete", weight=600),
        rule("lets", "[P] copy"),
        rule("lets", "[P] d*x"),
    ],
)
def test_rules_that_are_told_apart_or_never_meet_do_not_conflict(other: Rule) -> None:
    assert not found(BAN, other)


@pytest.mark.parametrize(
    "other",
    [
        rule("lets", "[P] delete", when("amount", "<=", 500)),
        rule("lets", "[P] delete", when("price", "<", 500)),
        rule("lets", "[P] d*", "a"),
        rule("lets", "[O] delete", "a"),
    ],
)
def test_rules_that_may_meet_conflict(other: Rule) -> None:
    assert [finding.code for finding in found(BAN, other)] == ["conflict"]


def test_contradicting_bodies_bearers_validities_and_dates_keep_rules_apart() -> None:
    def conflict(one: Rule, other: Rule) -> bool:
        return bool(found(one, other))

    assert not conflict(rule("r1", "p", "a"), rule("r2", "~p", "~a", "c"))
    assert not conflict(rule("r1", "p", "a"), rule("r2", "~p", Holds(rule("x", "a").head.chain[0], is_absent=True)))
    assert not conflict(rule("r1", "p", "a", bearer="clay-*"), rule("r2", "~p", "b", bearer="ops-*"))
    assert conflict(rule("r1", "p", "a", bearer="clay-*"), rule("r2", "~p", "b", bearer="*-ops"))
    later = AT + timedelta(days=1)
    assert not conflict(rule("r1", "p", "a", valid_until=AT), rule("r2", "~p", "b", valid_from=AT))
    assert conflict(rule("r1", "p", "a", valid_until=later), rule("r2", "~p", "b", valid_from=AT))
    assert not conflict(rule("r1", "p", "a", enacted_at=AT), rule("r2", "~p", "b"))
    assert not conflict(rule("r1", "p(1)", "a"), rule("r2", "~p(2)", "b"))
    assert conflict(rule("r1", "p(X)", "a(X)"), rule("r2", "~p(2)", "b"))


def test_an_exception_from_an_approval_of_the_same_class_conflicts() -> None:
    needs, lifts = rule("r1", "[O] approved(pay, officer)", "a"), rule("r2", "[P] ~approved(pay)", "b")
    assert codes(needs, lifts) == ["conflict"]
    assert not codes(needs, lifts, prefer=[("r2", "r1")])


def test_ten_thousand_mutually_defeating_rules_are_refused_at_once() -> None:
    rules = [rule(f"r{n}", "[F] delete" if n % 2 else "[P] delete", f"c{n}") for n in range(10_000)]
    start = time.process_time()
    result = found(*rules)
    assert time.process_time() - start < 6
    assert [finding.code for finding in result] == ["too_many_conflicts"]
    assert "5000 rules of weight 500 stand against 5000" in result[0].sentence


def test_ten_thousand_rules_kept_apart_by_their_guards_are_sound() -> None:
    rules = [
        rule(f"r{n}", "[F] delete" if n % 2 else "[P] delete", when("role", "==", f"role{n}"), f"c{n % 7}")
        for n in range(10_000)
    ]
    assert not found(*rules)


def test_five_thousand_globs_beside_five_thousand_names_are_looked_at_at_once() -> None:
    rules = [rule(f"p{n}", f"[P] a{n}.*" if n % 2 else f"[P] *.a{n}") for n in range(5_000)]
    rules += [rule(f"f{n}", f"[F] b{n}.x") for n in range(5_000)]
    start = time.process_time()
    assert not found(*rules)
    assert time.process_time() - start < 5
    assert codes(*rules, rule("z", "[F] a4999.delete"), rule("y", "[F] delete.a2")) == ["conflict", "conflict"]
