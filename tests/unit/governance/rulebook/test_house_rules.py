"""TARS's own rules: what is held back when, and that a constitutional prohibition binds everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.text import parse
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook import house_rules, law_document
from governance.rulebook.house_rules import Standing

AT = datetime(2026, 11, 1, tzinfo=UTC)
PERMIT, DENY, ASK = Outcome.PERMIT, Outcome.DENY, Outcome.REQUIRE_APPROVAL
ALLOWED = "a: => [P] pay (weight general)\nb: => [P] read_ledger (weight general)"
CALM = Standing()


def verdict(action: str, standing: Standing = CALM, *, kind: str = "system", rules: str = ALLOWED) -> Verdict:
    act = house_rules.act_of(action, actor_kind=kind)
    facts = house_rules.facts_of(
        system="clay", type="agent", act=act, actor="clay (agent)", actor_kind=kind, session="", standing=standing
    )
    book = book_of(law_document.union((house_rules.theory(), parse(rules, prefix="law"))))
    return decide(book, facts=facts, action=action, at=AT, bearer="clay")


STOPPED = replace(CALM, stopped_because="Fire drill")
HELD = [STOPPED, replace(CALM, drift="DEGRADED"), replace(CALM, is_spent=True), replace(CALM, status="archived")]


@pytest.mark.parametrize("standing", HELD)
def test_held__only_reading_and_ending_is_left(standing: Standing) -> None:
    assert verdict("pay", standing).outcome is DENY
    assert verdict("resume", standing).outcome is DENY
    assert verdict("read_ledger", standing).outcome is PERMIT
    assert verdict("abort", standing).outcome is PERMIT
    assert verdict("compensate/transfer", standing).outcome is PERMIT


@pytest.mark.parametrize("standing", HELD)
def test_held__reading_is_no_permission(standing: Standing) -> None:
    assert verdict("read_secrets", standing).outcome is DENY


@pytest.mark.parametrize(
    ("drift", "expected"),
    [("NORMAL", PERMIT), ("MONITOR", PERMIT), ("HOLD", ASK), ("RECOVERY", ASK), ("DEGRADED", DENY)],
)
def test_drift__each_state(drift: str, expected: Outcome) -> None:
    assert verdict("pay", replace(CALM, drift=drift)).outcome is expected


def test_drift__degraded__people_govern() -> None:
    degraded = replace(CALM, drift="DEGRADED")
    assert verdict("amend_constitution", degraded, kind="person").outcome is PERMIT
    assert verdict("set_drift_state", degraded, kind="person").outcome is PERMIT
    assert verdict("amend_constitution", degraded).outcome is DENY


def test_estop__people_govern_and_lift_and_agents_do_not() -> None:
    assert verdict("lift_estop", STOPPED, kind="person").outcome is PERMIT
    assert verdict("amend_constitution", STOPPED, kind="person").outcome is PERMIT
    assert verdict("lift_estop", STOPPED).outcome is DENY
    assert verdict("amend_constitution", STOPPED).outcome is DENY


@pytest.mark.parametrize(("cost", "expected"), [(5, PERMIT), (6, DENY)])
def test_safety__an_action_dearer_than_what_is_left__is_forbidden(cost: int, expected: Outcome) -> None:
    standing = replace(CALM, risk=Decimal(cost), risk_left=Decimal(5))
    assert verdict("pay", standing).outcome is expected


@pytest.mark.parametrize(
    "action", ["abort", "abort.run", "compensate", "compensate:x", "resume", "resume/x", "lift_estop", "read_ledger"]
)
@pytest.mark.parametrize("standing", [CALM, *HELD])
def test_constitutional_prohibition__binds_abort_compensation_resume_and_reading(
    action: str, standing: Standing
) -> None:
    rules = f'{ALLOWED}\nnever: => [F] "{action}" (weight constitutional_prohibition)'
    found = verdict(action, standing, kind="person", rules=rules)
    assert found.outcome is DENY
    assert "law/never" in {reason.rule for reason in found.because}


def test_theory__no_rule_outranks_or_ties_a_constitutional_prohibition() -> None:
    assert max(rule.weight for rule in house_rules.theory().rules) < 1000


@pytest.mark.parametrize(
    ("action", "law", "own", "expected"),
    [
        ("read_file", None, None, True),
        ("get.file", None, None, True),
        ("list", None, None, True),
        ("getaway", None, None, False),
        ("readjust", None, None, False),
        ("delete", None, None, False),
        ("fetch_page", ["fetch_*"], None, True),
        ("read_file", ["fetch_*"], None, False),
        ("fetch_page", None, ["fetch_page"], True),
        ("read_file", None, ["fetch_page"], False),
        ("delete", ["read_*"], ["delete"], False),
        ("read_file", ["read_*"], ["read_file"], True),
    ],
)
def test_reads__a_list_narrows_and_the_law_has_the_last_word(
    action: str, law: list[str] | None, own: list[str] | None, expected: bool
) -> None:
    assert house_rules.reads(action, law=law, own=own) is expected
