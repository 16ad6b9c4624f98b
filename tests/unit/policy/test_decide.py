"""Outcomes and their reasons, one behaviour a test."""

from __future__ import annotations

from datetime import timedelta

from governance.policy.rules import Strength
from governance.policy.verdict import Outcome
from tests.unit.policy.build import AT, asked, rule, when

PERMIT = rule("r2", "[P] delete")
FORBID = rule("r1", "[F] delete", when("amount", ">", 500), weight=800, source="gov.md 7.3")


def test_a_permitted_action_says_who_permits_it() -> None:
    verdict = asked(PERMIT, bearer="clay")
    assert verdict.outcome is Outcome.PERMIT
    assert verdict.sentence == "clay may delete: r2 permits it (general permission, weight 500)."
    assert verdict.compliance_score == 1.0


def test_what_no_rule_permits_is_denied_in_other_words_than_what_one_forbids() -> None:
    assert asked().sentence == "delete may not happen: no rule permits it."
    verdict = asked(FORBID, PERMIT, facts={"amount": 700}, bearer="clay-consigliere")
    assert verdict.outcome is Outcome.DENY
    assert verdict.sentence == (
        "clay-consigliere may not delete: gov.md 7.3 forbids it (legal, weight 800). It outweighs general permission r2."
    )
    assert [each.rule for each in verdict.because] == ["r1"]
    assert [(each.rule, each.by, each.why) for each in verdict.defeated] == [("r2", "r1", "weight 800 over 500")]


def test_a_missing_fact_denies_and_is_named() -> None:
    verdict = asked(FORBID, PERMIT)
    assert verdict.outcome is Outcome.DENY
    assert verdict.missing_facts == ("amount",)
    assert verdict.sentence == "delete may not happen: amount is not known, and r1 (gov.md 7.3) needs it."
    assert verdict.compliance_score == 0


def test_a_rule_with_a_false_condition_needs_nothing_else() -> None:
    careful = rule("r1", "[F] delete", when("amount", ">", 500), when("role", "==", "clerk"))
    assert asked(careful, PERMIT, facts={"role": "auditor"}).outcome is Outcome.PERMIT
    assert asked(careful, PERMIT, facts={"role": "clerk"}).missing_facts == ("amount",)


def test_values_of_different_kinds_cannot_be_compared() -> None:
    verdict = asked(FORBID, PERMIT, facts={"amount": "lots"})
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors == ("r1 (gov.md 7.3): amount is a text and is compared with a number.",)


def test_a_globbed_prohibition_covers_its_actions_alone() -> None:
    ban = rule("r1", "[F] payroll.*", weight=600)
    permits = rule("r2", "[P] *")
    assert asked(ban, permits, action="payroll.upload").outcome is Outcome.DENY
    assert asked(ban, permits, action="pay.upload").outcome is Outcome.PERMIT


def test_an_approval_is_asked_for_and_then_given() -> None:
    needs = rule("r3", "[O] approved(delete, officer)", weight=700, source="constitution")
    verdict = asked(PERMIT, needs)
    assert verdict.outcome is Outcome.REQUIRE_APPROVAL
    assert verdict.sentence == (
        "delete may happen only once officer approves it: constitution asks for it (constitution, weight 700)."
    )
    assert [(each.duty, each.approvers) for each in verdict.obligations] == [
        ("approved(delete, officer)", ("officer",))
    ]
    given = asked(PERMIT, needs, facts={"approved": {"delete": ["officer"]}})
    assert given.outcome is Outcome.PERMIT
    assert given.obligations[0].is_satisfied
    assert asked(PERMIT, needs, facts={"approved": {"delete": "clerk"}}).outcome is Outcome.REQUIRE_APPROVAL


def test_an_exception_lifts_the_need_of_approval_where_it_wins() -> None:
    needs = rule("r3", "[O] approved(delete, officer)", weight=600)
    small = rule("r4", "[P] ~approved(delete)", when("amount", "<", 10), weight=600)
    assert asked(PERMIT, needs, small, facts={"amount": 5}).outcome is Outcome.PERMIT
    assert asked(PERMIT, needs, small, facts={"amount": 50}).outcome is Outcome.REQUIRE_APPROVAL
    heavy = rule("r3", "[O] approved(delete, officer)", weight=700)
    assert asked(PERMIT, heavy, small, facts={"amount": 5}).outcome is Outcome.REQUIRE_APPROVAL


def test_a_variable_or_a_glob_in_a_need_of_approval_covers_what_it_covers() -> None:
    globbed = rule("r3", "[O] approved(payroll.*)", weight=700)
    everything = rule("r2", "[P] *")
    assert asked(everything, globbed, action="payroll.upload").outcome is Outcome.REQUIRE_APPROVAL
    assert asked(everything, globbed, action="delete").outcome is Outcome.PERMIT
    bound = rule("r3", "[O] approved(X)", "action(X)", "risky(X)", weight=700)
    assert asked(everything, bound, facts={"risky": ["delete"]}).outcome is Outcome.REQUIRE_APPROVAL
    assert asked(everything, bound, facts={"risky": ["copy"]}).outcome is Outcome.PERMIT


def test_duties_that_the_action_brings_are_listed_and_count() -> None:
    report = rule("r3", "[O] report", "delete", weight=700)
    verdict = asked(PERMIT, report)
    assert verdict.outcome is Outcome.PERMIT
    assert [(each.duty, each.is_satisfied) for each in verdict.obligations] == [("report", False)]
    assert verdict.compliance_score == 0.4167
    assert asked(PERMIT, report, facts={"report": True}).compliance_score == 1.0


def test_the_repair_of_a_broken_prohibition_is_a_duty() -> None:
    verdict = asked(rule("r1", "[O] ~delete; apologise", weight=800), PERMIT)
    assert verdict.outcome is Outcome.DENY
    assert [each.duty for each in verdict.obligations] == ["apologise"]


def test_rules_that_hang_on_each_other_in_a_circle_deny() -> None:
    verdict = asked(PERMIT, rule("r1", "[F] delete", "a"), rule("c2", "b", "not a"), rule("c1", "a", "b"))
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors == ("Rules hang on each other in a circle: c1 → c2 → c1.",)


def test_an_unresolved_conflict_denies_and_names_both_sources() -> None:
    verdict = asked(
        rule("r1", "[F] delete", "a", source="gov.md 1"),
        rule("r2", "[P] delete", "b", source="gov.md 2"),
        facts={"a": True, "b": True},
    )
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors == (
        "r1 (gov.md 1) and r2 (gov.md 2) contradict each other about delete, and nothing tells them apart.",
    )


def test_precedence_is_weight_then_preference_then_specificity_then_recency() -> None:
    ban, lets = rule("ban", "[F] delete", "a"), rule("lets", "[P] delete", "a")
    facts = {"a": True, "b": True}
    assert asked(ban, lets, facts=facts, prefer=[("lets", "ban")]).outcome is Outcome.PERMIT
    special = rule("lets", "[P] delete", "a", "b")
    assert asked(ban, special, facts=facts).outcome is Outcome.PERMIT
    assert asked(ban, special, facts=facts, prefer=[("ban", "lets")]).outcome is Outcome.DENY
    newer = rule("lets", "[P] delete", "a", enacted_at=AT)
    assert asked(ban, newer, facts=facts).outcome is Outcome.PERMIT
    heavy = rule("ban", "[F] delete", "a", weight=800)
    assert asked(heavy, special, facts=facts).outcome is Outcome.DENY


def test_a_preference_cannot_lift_a_lighter_rule() -> None:
    heavy, light = rule("heavy", "[F] delete", weight=800), rule("light", "[P] delete")
    verdict = asked(heavy, light, prefer=[("light", "heavy")])
    assert verdict.outcome is Outcome.DENY
    assert verdict.errors == ("The preference light > heavy would lift weight 500 over 800: light and heavy.",)


def test_team_defeat__each_attacker_needs_only_one_that_beats_it() -> None:
    rules = [
        rule("p1", "[P] delete", "a"),
        rule("p2", "[P] delete", "b"),
        rule("f1", "[F] delete", "c"),
        rule("f2", "[F] delete", "d"),
    ]
    facts = dict.fromkeys("abcd", True)
    verdict = asked(*rules, facts=facts, prefer=[("p1", "f1"), ("p2", "f2")])
    assert verdict.outcome is Outcome.PERMIT
    assert {(each.rule, each.by) for each in verdict.defeated} == {("f1", "p1"), ("f2", "p2")}


def test_a_defeater_blocks_and_proves_nothing() -> None:
    blocks = rule("d1", "[O] ~delete", strength=Strength.DEFEATER)
    verdict = asked(PERMIT, blocks)
    assert verdict.outcome is Outcome.DENY
    assert "no rule permits it" in verdict.sentence
    assert [(each.rule, each.by) for each in verdict.defeated] == [("r2", "d1")]


def test_a_rule_counts_while_it_is_valid_and_for_its_bearer() -> None:
    hour = timedelta(hours=1)
    assert asked(rule("r", "[P] delete", valid_from=AT)).outcome is Outcome.PERMIT
    assert asked(rule("r", "[P] delete", valid_from=AT + hour)).outcome is Outcome.DENY
    assert asked(rule("r", "[P] delete", valid_until=AT)).outcome is Outcome.DENY
    mine = rule("r", "[P] delete", bearer="clay-*")
    assert asked(mine, bearer="clay-consigliere").outcome is Outcome.PERMIT
    assert asked(mine, bearer="other").outcome is Outcome.DENY


def test_literals_are_concluded_through_rules_with_variables() -> None:
    rules = (
        rule("v1", "vip(X)", "owner(X)", when("tier", "==", "gold")),
        rule("r1", "[P] delete", "user(X)", "vip(X)"),
    )
    assert asked(*rules, facts={"owner": ["ann", "bob"], "user": "bob", "tier": "gold"}).outcome is Outcome.PERMIT
    assert asked(*rules, facts={"owner": ["ann"], "user": "bob", "tier": "gold"}).outcome is Outcome.DENY
    assert asked(*rules, facts={"owner": ["ann"], "user": "ann", "tier": "tin"}).outcome is Outcome.DENY
