"""A case in an address, facts as people type them, what a remedy sets, and which facts rules speak of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.errors import Invalid
from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Theory
from governance.policy.text import parse
from governance.rulebook.asked import AskedCase, Row, asked_about, asked_of
from governance.rulebook.mentioned import actions_of, covers, facts_for
from governance.rulebook.opposed import opponents
from governance.rulebook.remedy import remedy_of
from governance.rulebook.typed import kind_of, text_of, value_of
from governance.rulebook.why import anchor_of


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("yes", True, "yes/no"),
        ("no", False, "yes/no"),
        ("500", 500, "number"),
        ("-2.5", -2.5, "number"),
        ("007", "007", "text"),
        ('"500"', "500", "text"),
        ("DE", "DE", "text"),
        ("[a, 3, no]", ["a", 3, False], "list"),
        ('["a,b"]', ["a,b"], "list"),
        ("99999999999999999", "99999999999999999", "text"),
        ("{half", "{half", "text"),
    ],
)
def test_value_of__is_guessed_and_typed_back(text: str, value: object, kind: str) -> None:
    assert value_of(text) == value and type(value_of(text)) is type(value)
    assert kind_of(value) == kind
    assert value_of(text_of(value)) == value


def test_asked__address_holds_the_whole_case() -> None:
    case = asked_about(
        system="clay", action="refund", facts={"amount": 500, "vip": True, "tags": ["a", "b"]}, session="s"
    )
    single = {"system": "clay", "action": "refund", "session": "s"}
    names, values = [row.name for row in case.rows], [row.text for row in case.rows]
    assert asked_of(single=single, names=names, values=values) == case
    assert case.facts() == {"amount": 500, "vip": True, "tags": ["a", "b"]}


def test_asked__a_change_is_applied_to_its_row_and_a_wanted_fact_gets_one() -> None:
    applied = asked_of(single={"apply": "amount=400"}, names=["amount"], values=["500"])
    assert applied.rows == (Row("amount", "400"),)
    assert asked_of(single={"add": "vip"}, names=[], values=[]).rows == (Row("vip", ""),)


def test_asked__rows_win_over_json__and_json_that_is_no_object_is_refused() -> None:
    assert AskedCase(rows=(Row("a", "2"),), json='{"a": 1, "b": 3}').facts() == {"a": 2, "b": 3}
    with pytest.raises(Invalid, match="object"):
        AskedCase(json="[1]").facts()


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("amount is at most 500 (now 900)", "amount", "500"),
        ("amount is less than 500 (now 900)", "amount", "499"),
        ("amount is more than 0.5 (now 0)", "amount", "0.6"),
        ("country is DE (not known)", "country", "DE"),
        ('city is "New York" (now Paris)', "city", "New York"),
        ("country is not DE (now DE)", "", ""),
        ("vip holds", "vip", "yes"),
        ("banned does not hold", "banned", "no"),
        ("level(3) holds", "level", "3"),
        ("somebody approves refund", "", ""),
    ],
)
def test_remedy__that_is_one_fact_can_be_set(text: str, name: str, value: str) -> None:
    found = remedy_of(text)
    assert (found.text, found.name, found.value) == (text, name, value)


RULES = parse(
    """
r1: => [P] refund (weight 500)
r2: amount > limit + 1, not vip => [F] refund (weight 800, source "gov.md 7.3")
r3: loyal, known(years) => vip
r4: => [F] payroll.* (weight 700)
r5: => [O] approved(refund)
"""
).rules


def test_remedy__that_the_engine_names__leads_on_when_it_is_set() -> None:
    book, at = book_of(Theory(rules=RULES)), datetime(2026, 1, 1, tzinfo=UTC)
    facts = {"amount": 900, "limit": 100}
    verdict = decide(
        book_of(parse("r: amount > 500 => [F] refund\nq: => [P] refund (weight 400)")),
        facts=facts,
        action="refund",
        at=at,
    )
    (remedy,) = (remedy_of(text) for text in verdict.would_pass_if)
    assert (remedy.name, remedy.value) == ("amount", "500")
    assert decide(book, facts={}, action="refund", at=at).missing_facts


def test_facts_for__what_rules_ask_through_others_and_nothing_they_conclude() -> None:
    assert facts_for(RULES, action="refund") == ("amount", "limit", "loyal", "years")
    assert facts_for(RULES, action="payroll.run") == ()


def test_actions_of__norms_without_globs_and_approvals() -> None:
    assert actions_of(RULES) == ("refund",)
    assert covers("payroll.*", "payroll.run") and not covers("payroll.*", "refund") and not covers("a[b]", "ab")


def test_opponents__say_who_wins_and_why() -> None:
    (found,) = opponents(RULES[0], RULES)
    assert (found.rule, found.wins, found.why) == ("r2", True, "weight 800 over 500")
    (back,) = opponents(RULES[1], RULES)
    assert (back.rule, back.wins) == ("r1", False)


def test_opponents__a_ban_of_everything_is_against_no_approval() -> None:
    rules = parse(
        """
ban: => [F] *
need: => [O] approved(refund)
lift: => [P] ~approved("re*")
other: => [P] ~approved(ship)
"""
    ).rules
    assert [one.rule for one in opponents(rules[1], rules)] == ["lift"]


def test_anchor__leads_to_the_clause() -> None:
    assert anchor_of("gov.md 7.3", rule="gov.md/r1") == "gov.md/7.3"
    assert anchor_of("TARS", rule="TARS/e-stop") == ""
    assert anchor_of("clay, capabilities", rule="constitution/capabilities") == ""
