"""A system's constitution as rules: what each field permits, obliges and forbids, asked of the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.errors import NotATheory
from governance.policy.precedence import Precedence
from governance.policy.verdict import Outcome
from governance.rulebook import constitution_rules

AT = datetime(2026, 11, 1, tzinfo=UTC)
PERMIT, DENY, ASK = Outcome.PERMIT, Outcome.DENY, Outcome.REQUIRE_APPROVAL


def outcome(constitution: dict[str, Any], action: str, **facts: Any) -> Outcome:
    theory = constitution_rules.theory_of(constitution, system="clay")
    return decide(book_of(theory), facts=facts, action=action, at=AT, bearer="clay").outcome


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("payroll", PERMIT),
        ("payroll.export", PERMIT),
        ("payroll/export", PERMIT),
        ("payroll:export", PERMIT),
        ("payrolls", DENY),
        ("voice synthesis", PERMIT),
        ("fly", DENY),
    ],
)
def test_capabilities__permit_the_action_and_what_lies_within_it(action: str, expected: Outcome) -> None:
    assert outcome({"capabilities": ["payroll", "voice synthesis"]}, action) is expected


@pytest.mark.parametrize("action", ["delete", "delete.user", "delete/user", "delete:user"])
def test_requires_approval__is_possible_and_asks(action: str) -> None:
    assert outcome({"requires_approval": ["delete"]}, action) is ASK


@pytest.mark.parametrize(
    ("facts", "expected"),
    [({}, PERMIT), ({"amount": 100}, PERMIT), ({"amount": 100.01}, DENY), ({"amount": "much"}, DENY)],
)
def test_refund_limit__forbids_what_is_above_it(facts: dict[str, Any], expected: Outcome) -> None:
    assert outcome({"capabilities": ["refund"], "refund_limit_usd": 100}, "refund", **facts) is expected


@pytest.mark.parametrize(
    ("limits", "fact"),
    [
        ({"max_monthly_budget_usd": 50}, "cost_usd"),
        ({"budgets": {"usd_budget": 50}}, "cost_usd"),
        ({"budgets": {"llm_tokens": {"limit": 50, "window": "daily"}}}, "llm_tokens"),
    ],
)
def test_budgets__forbid_whatever_costs_more_than_all_of_it(limits: dict[str, Any], fact: str) -> None:
    constitution = {"capabilities": ["work"], **limits}
    assert outcome(constitution, "work") is PERMIT
    assert outcome(constitution, "work", **{fact: 50}) is PERMIT
    assert outcome(constitution, "work", **{fact: 51}) is DENY


@pytest.mark.parametrize(("by", "expected"), [("person", ASK), ("agent", DENY), ("tars", DENY)])
def test_protected__a_person_needs_approval_and_nobody_else_may(by: str, expected: Outcome) -> None:
    constitution = {"capabilities": ["amend_constitution"], "protected": ["/requires_approval"]}
    touched = {"touches": ["/requires_approval"], "by": by}
    assert outcome(constitution, "amend_constitution", **touched) is expected
    assert outcome(constitution, "amend_constitution", touches=["/name"], by=by) is PERMIT


def test_prime_directives__rules_in_backticks_count_and_prose_does_not() -> None:
    constitution = {
        "capabilities": ["refund", "delete"],
        "prime_directives": [
            "Compliance is Sovereign",
            "Use `tars up` to begin",
            "Refund with care: `amount > 100 => [O] approved(refund)`, and `=> [F] delete`.",
        ],
    }
    assert outcome(constitution, "refund", amount=50) is PERMIT
    assert outcome(constitution, "refund", amount=101) is ASK
    assert outcome(constitution, "delete") is DENY
    ids = [rule.id for rule in constitution_rules.theory_of(constitution, system="clay").rules]
    assert {"constitution/directive-3", "constitution/directive-3-2"} <= set(ids)


def test_prime_directives__a_permission_is_general_and_an_exception_lifts_an_approval() -> None:
    constitution = {
        "requires_approval": ["refund"],
        "prime_directives": ["`small: amount < 10 => [P] ~approved(refund)`", "`=> [P] greet`"],
    }
    assert outcome(constitution, "refund", amount=5) is PERMIT
    assert outcome(constitution, "refund", amount=50) is ASK
    rules = {rule.id: rule.weight for rule in constitution_rules.theory_of(constitution, system="clay").rules}
    assert rules["constitution/directive-2"] == Precedence.GENERAL
    assert rules["constitution/small"] == Precedence.CONSTITUTION


def test_theory_of__a_directive_that_does_not_parse__is_named() -> None:
    with pytest.raises(NotATheory, match="prime directive 2"):
        constitution_rules.theory_of({"prime_directives": ["a", "`x => => y`"]}, system="clay")
    assert constitution_rules.problems({"prime_directives": ["`x => => y`"]}, system="clay")[0].code == "not_a_theory"


@pytest.mark.parametrize(
    ("directive", "code"),
    [
        ("`=> [P] delete (weight legal)`", "above_its_class"),
        ("`=> [O] report (weight legal)`", "above_its_class"),
        ('`=> approved("delete")`', "reserved_name"),
        ("`TARS/e-stop: => [F] delete`", "foreign_id"),
        ("`gov.md/r1: => [F] delete`", "foreign_id"),
    ],
)
def test_problems__what_is_not_a_constitutions_to_say__is_found(directive: str, code: str) -> None:
    found = constitution_rules.problems({"prime_directives": [directive]}, system="clay")
    assert [finding.code for finding in found] == [code]


def test_problems__a_prohibition_of_the_highest_class__may_be_stated() -> None:
    stated = {"prime_directives": ["`=> [F] delete (weight constitutional_prohibition)`"]}
    assert constitution_rules.problems(stated, system="clay") == ()


def test_theory_of__names_that_look_alike_in_an_id__are_numbered() -> None:
    theory = constitution_rules.theory_of({"capabilities": ["a b", "a-b", "a_b"]}, system="clay")
    ids = [rule.id for rule in theory.rules]
    assert len(ids) == len(set(ids))
