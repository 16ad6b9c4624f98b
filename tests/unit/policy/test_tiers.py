"""A higher tier only adds prohibitions and proof requirements."""

from __future__ import annotations

from governance.policy.rules import Rule, Strength, Theory
from governance.policy.tiers import findings, violations
from tests.unit.policy.build import rule, when

BAN = rule("ban", "[F] delete", when("amount", ">", 5), weight=600, tier=1, source="gov.md 1")


def broken(*rules: Rule) -> list[tuple[str, ...]]:
    return [finding.rules for finding in findings(Theory(rules))]


def test_a_higher_tier_that_lifts_a_prohibition_is_named_with_it() -> None:
    lets = rule("lets", "[P] delete", weight=700, tier=2)
    assert broken(BAN, lets) == [("lets", "ban")]
    assert (
        "lets of tier 2 would lift the prohibition ban (gov.md 1) of tier 1"
        in findings(Theory((BAN, lets)))[0].sentence
    )
    assert broken(BAN, rule("lets", "[P] d*", weight=700, tier=2)) == [("lets", "ban")]
    assert broken(BAN, rule("lets", "[P] delete", when("amount", ">", 5), "vip", weight=600, tier=2)) == [
        ("lets", "ban")
    ]


def test_what_binds_the_same_tier_or_loses_or_never_meets_it_breaks_nothing() -> None:
    assert not broken(BAN, rule("lets", "[P] delete", weight=700, tier=1))
    assert not broken(BAN, rule("lets", "[P] delete", weight=500, tier=2))
    assert not broken(BAN, rule("lets", "[P] delete", when("amount", "<", 5), weight=700, tier=2))
    assert not broken(BAN, rule("more", "[F] copy", weight=700, tier=2))


def test_a_need_of_approval_cannot_be_lifted_higher_up() -> None:
    needs = rule("needs", "[O] approved(pay, officer)", weight=600)
    assert broken(needs, rule("lifts", "[P] ~approved(pay)", weight=700, tier=2)) == [("lifts", "needs")]
    assert not broken(needs, rule("lifts", "[P] ~approved(copy)", weight=700, tier=2))


def test_a_defeater_of_a_higher_tier_counts() -> None:
    assert broken(BAN, rule("d", "[P] delete", "vip", weight=600, tier=2, strength=Strength.DEFEATER)) == [("d", "ban")]


def test_rule_sets_per_tier_are_compared() -> None:
    needs = rule("needs", "[O] approved(pay)", weight=600)
    low, high = Theory((BAN, needs)), Theory((rule("wide", "[F] *", weight=600),))
    found = violations({1: low, 2: high})
    assert [(each.code, each.rules) for each in found] == [("tier_lacks", ("needs",)), ("tier_has_fewer", ())]
    assert not violations({1: low, 2: Theory((*low.rules, rule("more", "[F] copy")))})
    assert [each.rules for each in violations({1: low, 3: Theory((BAN, rule("x", "[F] copy")))})] == [("needs",)]
