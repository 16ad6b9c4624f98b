"""What session rules do to decisions: they bind, they only tighten, and their ends are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from governance.policy.verdict import Outcome
from governance.rulebook.actions import decide
from governance.rulebook.actions.deciding import Decided
from governance.rulebook.session_actions import revoke_rule
from tests import factories as make
from tests.db.rulebook.sessions import NAME, add, recorded, texts, tray

MAY = ["network.fetch", "files.write", "database.query", "database.insert", "payroll.run", "email.send"]
CONSTITUTION = {**make.CLAY, "capabilities": MAY, "requires_approval": []}
PERMIT, DENY, APPROVE = Outcome.PERMIT, Outcome.DENY, Outcome.REQUIRE_APPROVAL


@pytest.fixture
def cast() -> make.Cast:
    return make.cast(constitution=CONSTITUTION)


def ask(cast: make.Cast, action: str, facts: dict[str, Any], *, at: datetime = make.AT, session: str = NAME) -> Decided:
    return decide(scope=cast.bo, system_name="clay-consigliere", action=action, facts=facts, at=at, session=session)


@pytest.mark.parametrize(
    ("sentence", "action", "facts", "outcome"),
    [
        ("no external network calls", "network.fetch", {"external": True}, DENY),
        ("no external network calls", "network.fetch", {"external": False}, PERMIT),
        ("no external network calls", "network.fetch", {}, DENY),
        ("no external network calls", "payroll.run", {}, PERMIT),
        ("no external API calls", "network.fetch", {"external": True}, DENY),
        ("no network calls", "network.fetch", {}, DENY),
        ("no database modifications", "database.insert", {}, DENY),
        ("no database modifications", "database.query", {}, PERMIT),
        ("no file system writes outside workspace", "files.write", {"in_workspace": True}, PERMIT),
        ("no file system writes outside workspace", "files.write", {"in_workspace": False}, DENY),
        ("no file system writes outside workspace", "files.write", {}, DENY),
        ("no writes outside /srv/data", "files.write", {"path": "/srv/data/a.txt"}, PERMIT),
        ("no writes outside /srv/data", "files.write", {"path": "/srv/database/a.txt"}, DENY),
        ("no writes outside /srv/data", "files.write", {"path": "/srv/data/../etc/passwd"}, DENY),
        ("no writes outside /srv/data", "files.write", {}, DENY),
        ("require approval for database operations", "database.query", {}, APPROVE),
        ("require approval for database operations", "payroll.run", {}, PERMIT),
        ("ask before payroll.run", "payroll.run", {}, APPROVE),
        ("only payroll.*", "payroll.run", {}, PERMIT),
        ("only payroll.*", "email.send", {}, DENY),
        ("only payroll.run and email.send", "email.send", {}, PERMIT),
        ("prefer mocking over real API calls", "network.fetch", {"external": True}, PERMIT),
    ],
)
def test_sentence__binds(cast: make.Cast, sentence: str, action: str, facts: dict[str, Any], outcome: Outcome) -> None:
    assert ask(cast, action, facts).verdict.outcome is PERMIT
    add(cast.bo, sentence)
    decided = ask(cast, action, facts)
    assert decided.verdict.outcome is outcome, decided.verdict.sentence
    assert ask(cast, action, facts, session="other").verdict.outcome is PERMIT
    assert ask(cast, action, facts, session="").verdict.outcome is PERMIT


@pytest.mark.parametrize("sentence", ["only wire_money", "require approval for wire_money", "ask before everything"])
def test_sentence__permits_nothing_that_was_denied(cast: make.Cast, sentence: str) -> None:
    add(cast.bo, sentence)
    assert ask(cast, "wire_money", {}).verdict.outcome is DENY


def test_decision__names_rule_and_session_and_counts_its_use(cast: make.Cast) -> None:
    add(cast.bo, "no network calls")
    add(cast.bo, "be brief")
    decided = ask(cast, "network.fetch", {})
    assert [(reason.rule, reason.source) for reason in decided.verdict.because] == [
        (f"session/{NAME}/1", f"session {NAME}")
    ]
    assert decided.guidance == ("be brief",)
    ask(cast, "payroll.run", {})
    assert [rule.uses for rule in tray(cast.bo).rules] == [1, 2]


def test_decision__renews_the_hour_and_tells_an_end_once(cast: make.Cast) -> None:
    add(cast.bo, "no network calls")
    assert ask(cast, "network.fetch", {}, at=make.later(59)).verdict.outcome is DENY
    assert texts(cast.bo, at=make.later(118)) == ["no network calls"]
    free = ask(cast, "network.fetch", {}, at=make.later(119))
    assert free.verdict.outcome is PERMIT
    assert [(end.rule, end.because) for end in free.ended_rules] == [("no network calls", "expired")]
    assert ask(cast, "network.fetch", {}, at=make.later(120)).ended_rules == ()
    assert recorded(cast.bo, "expire") == ["expire"]


def test_decision__after_a_revocation__is_free(cast: make.Cast) -> None:
    rule = add(cast.bo, "no network calls").rule
    revoke_rule(scope=cast.bo, session=NAME, rule_id=rule.id, at=make.AT)
    free = ask(cast, "network.fetch", {})
    assert (free.verdict.outcome, free.ended_rules) == (PERMIT, ())
