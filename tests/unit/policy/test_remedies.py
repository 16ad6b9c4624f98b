"""What would make an action pass: every entry was tried."""

from __future__ import annotations

from governance.policy.verdict import Outcome
from tests.unit.policy.build import asked, rule, when

PERMIT = rule("p", "[P] pay")


def test_a_limit_that_was_passed_is_named_with_what_it_is_now() -> None:
    ban = rule("ban", "[F] pay", when("amount", ">", 500), weight=800)
    verdict = asked(ban, PERMIT, action="pay", facts={"amount": 700})
    assert verdict.would_pass_if == ("amount is at most 500 (now 700)",)
    assert asked(PERMIT, action="pay").would_pass_if == ()


def test_a_change_that_does_not_help_is_left_out() -> None:
    small = rule("ban", "[F] pay", when("amount", ">", 500), weight=800)
    always = rule("also", "[F] pay", weight=900)
    assert asked(small, always, PERMIT, action="pay", facts={"amount": 700}).would_pass_if == ()


def test_a_permission_that_lacks_one_thing_says_which() -> None:
    lets = rule("lets", "[P] pay", when("role", "==", "auditor"), when("amount", "<=", 100))
    verdict = asked(lets, action="pay", facts={"role": "clerk", "amount": 50})
    assert verdict.would_pass_if == ("role is auditor (now clerk)",)
    assert asked(lets, action="pay", facts={"role": "clerk", "amount": 500}).would_pass_if == ()
    weekend = rule("lets", "[P] pay", "weekend")
    assert asked(weekend, action="pay").would_pass_if == ("weekend holds",)


def test_a_missing_fact_says_which_values_would_do() -> None:
    ban = rule("ban", "[F] pay", when("amount", ">", 500), weight=800)
    assert asked(ban, PERMIT, action="pay").would_pass_if == ("amount is at most 500 (not known)",)


def test_an_approval_is_named_with_its_role_and_so_is_what_makes_it_needless() -> None:
    needs = rule("n", "[O] approved(pay, compliance_officer)", when("amount", ">=", 10), weight=700)
    verdict = asked(needs, PERMIT, action="pay", facts={"amount": 12})
    assert verdict.outcome is Outcome.REQUIRE_APPROVAL
    assert verdict.would_pass_if == ("compliance_officer approves pay", "amount is less than 10 (now 12)")


def test_at_most_five_are_kept() -> None:
    lets = [rule(f"lets{n}", "[P] pay", when("role", "==", f"role{n}")) for n in range(30)]
    assert len(asked(*lets, action="pay", facts={"role": "x"}).would_pass_if) == 5
