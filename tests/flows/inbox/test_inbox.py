from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType
from governance.scope import Scope
from governance.tenancy import in_tenant
from tarsweb.inbox.queries import waiting_count
from tests import factories as make
from tests.web import client_of

VOICE = [*make.CLAY["capabilities"], "voice"]


def inbox(scope: Scope, query: str = "") -> str:
    response = client_of(scope).get(f"/inbox/{query}")
    assert response.status_code == 200
    return response.content.decode()


def rows(html: str) -> list[str]:
    """The amendments listed, in their order."""
    return re.findall(r'<a class="row" href="/amendments/(AMD-\d+)/"', html)


def recent(minutes: float = 0) -> object:
    return timezone.now() - timedelta(days=1, minutes=minutes)


def count_of(scope: Scope) -> int:
    with in_tenant(scope.tenant_id):
        return waiting_count(scope)


def test_inbox__question_for_my_role__listed_with_what_it_needs_and_counted_in_the_menu() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=VOICE, at=recent())
    make.approve(cast.cy, proposal, at=recent())
    html = inbox(cast.ada)
    assert rows(html) == [proposal.label]
    assert "Needs Operator + Compliance officer · 1 given" in html
    assert "Capability expansion" in html
    assert '>1<span class="vh"> waiting for you</span></span>' in html
    assert count_of(cast.ada) == 1


def test_inbox__approved_by_me__moves_to_decided_with_my_answer() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    assert rows(inbox(cast.cy)) == [proposal.label]
    make.approve(cast.cy, proposal, at=recent())
    assert rows(inbox(cast.cy)) == []
    assert count_of(cast.cy) == 0
    html = inbox(cast.cy, "?tab=decided")
    assert rows(html) == [proposal.label]
    assert "you: approved" in html


def test_inbox__proposer__finds_it_under_mine_and_team_only() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    assert rows(inbox(cast.bo)) == []
    assert rows(inbox(cast.bo, "?tab=mine")) == rows(inbox(cast.bo, "?tab=team")) == [proposal.label]


def test_inbox__changes_requested__comes_first_under_mine() -> None:
    cast = make.cast()
    back = make.proposed(cast, fallback_delay_ms=300, at=recent(10))
    newer = make.proposed(cast, fallback_delay_ms=400, at=recent())
    amendments.request_changes(
        scope=cast.cy,
        number=back.number,
        digest=make.digest_of(cast.bo, back),
        confirmation=make.confirmed(cast.cy, at=recent()),
        note="Say why.",
        at=recent(),
    )
    html = inbox(cast.bo, "?tab=mine")
    assert rows(html) == [back.label, newer.label]
    assert "changes requested" in html


def test_inbox__base_moved__stale_chip_for_the_team_and_nobody_is_asked() -> None:
    cast = make.cast()
    stale = make.proposed(cast, fallback_delay_ms=300, at=recent())
    make.applied(cast, fallback_delay_ms=400, at=recent())
    assert rows(inbox(cast.cy)) == []
    html = inbox(cast.cy, "?tab=team")
    assert rows(html) == [stale.label]
    assert "stale: needs a rebase" in html


def test_inbox__order__due_day_first_then_expansions() -> None:
    cast = make.cast()
    neutral = make.proposed(cast, fallback_delay_ms=300, at=recent(3))
    expands = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=VOICE, at=recent(2))
    urgent = make.proposed(cast, fallback_delay_ms=400, at=recent(1), effective_at=timezone.now() + timedelta(hours=5))
    html = inbox(cast.cy)
    assert rows(html) == [urgent.label, expands.label, neutral.label]
    assert html.count("due today") == 1


def test_inbox__filters__by_system_type_and_text_in_the_url() -> None:
    cast = make.cast()
    neutral = make.proposed(cast, fallback_delay_ms=300, at=recent())
    expands = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=VOICE, at=recent())
    assert rows(inbox(cast.cy, "?type=capability_expansion")) == [expands.label]
    assert rows(inbox(cast.cy, "?q=FALLBACK")) == [neutral.label]
    assert rows(inbox(cast.cy, f"?q={expands.label}")) == [expands.label]
    html = inbox(cast.cy, "?system=elsewhere")
    assert rows(html) == []
    assert "Nothing fits this filter" in html


def test_inbox__more_than_a_page__pages_keep_the_filter() -> None:
    cast = make.cast()
    for step in range(27):
        make.proposed(cast, fallback_delay_ms=200 + step, at=recent(step))
    html = inbox(cast.cy, "?q=fallback")
    assert len(rows(html)) == 25
    assert "q=fallback&amp;page=2" in html
    assert len(rows(inbox(cast.cy, "?q=fallback&page=2"))) == 2


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("me", "Nothing waits for you"),
        ("team", "No question is open"),
        ("mine", "You have nothing under way"),
        ("decided", "Nothing has been decided yet"),
        ("nonsense", "Nothing waits for you"),
    ],
)
def test_inbox__empty_tab__says_what_will_be_there(tab: str, said: str) -> None:
    assert said in inbox(make.cast().ada, f"?tab={tab}")


def test_inbox__override__waits_for_review_on_top_of_for_me() -> None:
    cast = make.cast()
    proposal = make.proposed(
        cast,
        by=cast.ada,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "x"],
        at=recent(),
    )
    make.approve(cast.bo, proposal, override=True, note="Nobody else can do this.", at=recent())
    html = inbox(cast.cy)
    assert "Break-glass to review" in html
    assert "Nobody else can do this." in html
    assert "Break-glass to review" not in inbox(cast.uma)


def test_inbox__htmx__answers_the_fragment_alone() -> None:
    html = client_of(make.cast().ada).get("/inbox/", headers={"HX-Request": "true"}).content.decode()
    assert html.lstrip().startswith('<div class="desk" id="_inbox">')


def test_inbox__stranger__sees_nothing_of_it() -> None:
    cast, mallory = make.cast(), make.stranger()
    make.proposed(cast, at=recent())
    for tab in ("me", "team", "mine", "decided"):
        assert rows(inbox(mallory, f"?tab={tab}")) == []
    assert count_of(mallory) == 0


def test_inbox__member_refused_and_anonymous_sent_to_sign_in() -> None:
    assert client_of(make.cast().mel).get("/inbox/").status_code == 403
    assert Client().get("/inbox/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("tab", ["me", "team", "mine", "decided"])
def test_inbox__more_rows__same_number_of_queries(tab: str) -> None:
    cast = make.cast()
    clients = [client_of(cast.cy), client_of(cast.bo)]

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            for client in clients:
                assert client.get(f"/inbox/?tab={tab}").status_code == 200
        return len(seen)

    make.applied(cast, fallback_delay_ms=100, at=recent(50))
    make.proposed(cast, at=recent())
    few = count()
    for step in range(5):
        make.applied(cast, fallback_delay_ms=110 + step, at=recent(40 - step))
    for step in range(5):
        make.proposed(cast, fallback_delay_ms=300 + step, at=recent(step))
    assert count() == few
