"""Rows that are selected: take on, hand over, put off, wake."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tarsweb.inbox.queries import waiting_count
from tests import factories as make
from tests.web import client_of


def recent(minutes: float = 0) -> Any:
    return timezone.now() - timedelta(days=1, minutes=minutes)


def post(scope: Scope, verb: str, *proposals: Any, query: str = "", **fields: str) -> Any:
    ids = [str(proposal.request_id) for proposal in proposals]
    return client_of(scope).post(f"/inbox/desk/{verb}/{query}", {"question": ids, **fields}, follow=True)


def page(scope: Scope, query: str = "") -> str:
    return client_of(scope).get(f"/inbox/{query}").content.decode()


def count(scope: Scope) -> int:
    with in_tenant(scope.tenant_id):
        return waiting_count(scope)


def test_snooze__two_rows__rest_under_snoozed_and_leave_the_badge() -> None:
    cast = make.cast()
    rows = [make.proposed(cast, fallback_delay_ms=ms, at=recent(ms)) for ms in (200, 300)]
    html = post(cast.cy, "snooze", *rows, **{"for": "hour"}).content.decode()
    assert "2 questions are put off." in html
    assert count(cast.cy) == 0
    assert "Nothing waits for you" in html
    resting = page(cast.cy, "?tab=snoozed")
    assert all(f"{row.label}/" in resting for row in rows)
    post(cast.cy, "wake", rows[0], query="?tab=snoozed")
    assert count(cast.cy) == 1


def test_snooze__unknown_time_or_nothing_selected__refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    assert post(cast.cy, "snooze", proposal, **{"for": "ever"}).status_code == 422
    assert post(cast.cy, "snooze", **{"for": "hour"}).status_code == 422
    assert client_of(cast.cy).post("/inbox/desk/take/", {"question": "x"}).status_code == 422


def test_take_and_release__shown_in_the_row_and_found_by_the_filter() -> None:
    cast = make.cast()
    rows = [make.proposed(cast, at=recent(300), **{name: 200}) for name in ("fallback_delay_ms", "retries")]
    assert "in your hand" in post(cast.cy, "take", rows[0]).content.decode()
    _, dee = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    assert "in Cy’s hand" in page(dee)
    assert rows[1].label not in page(cast.cy, "?hand=me")
    assert rows[0].label not in page(cast.cy, "?hand=nobody")
    assert "no longer in your hand" in post(cast.cy, "release", rows[0]).content.decode()


def test_hand_over__from_the_preview__offered_to_those_who_could_answer() -> None:
    cast = make.cast()
    dee, _ = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    proposal = make.proposed(cast, at=recent())
    html = page(cast.cy, f"?open={proposal.label}")
    assert f'value="{dee.id}"' in html
    assert f'value="{cast.users["bo"].id}"' not in html  # proposed it
    assert f'value="{cast.users["ada"].id}"' not in html  # another role
    done = post(cast.cy, "hand-over", proposal, person=str(dee.id)).content.decode()
    assert "1 question is handed over." in done


def test_many__some_refused__the_rest_is_done_and_it_is_said() -> None:
    cast = make.cast()
    mine = make.proposed(cast, fallback_delay_ms=200, at=recent())
    other = make.proposed(cast, by=cast.cy, fallback_delay_ms=300, at=recent())
    html = post(cast.cy, "take", mine, other).content.decode()
    assert "1 question is now in your hand. 1 left as they were: You proposed this" in html


def test_one__refused__the_refusal_itself() -> None:
    cast = make.cast()
    assert post(cast.bo, "take", make.proposed(cast, at=recent())).status_code == 403


def test_stranger__not_found_and_unknown_verb__not_found() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    for verb in ("take", "release", "wake"):
        assert post(make.stranger(), verb, proposal).status_code == 404
    assert post(cast.cy, "burn", proposal).status_code == 404


def test_selected__decide_together__goes_to_the_look() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    response = client_of(cast.cy).post("/inbox/desk/together/", {"question": [str(proposal.request_id)]})
    assert response["Location"] == f"/inbox/together/?n={proposal.label}"
    htmx = client_of(cast.cy).post(
        "/inbox/desk/together/", {"question": [str(proposal.request_id)]}, headers={"HX-Request": "true"}
    )
    assert htmx["HX-Redirect"] == f"/inbox/together/?n={proposal.label}"


def test_order__risk_and_age_by_the_url() -> None:
    cast = make.cast()
    old = make.proposed(cast, fallback_delay_ms=300, at=recent(30))
    risky = make.proposed(cast, by=cast.sam, requires_approval=["audit"], at=recent())
    due = make.proposed(cast, fallback_delay_ms=400, at=recent(20), effective_at=timezone.now() + timedelta(hours=2))

    def order(query: str) -> list[str]:
        html = page(cast.cy, query)
        return sorted((row.label for row in (old, risky, due)), key=lambda label: html.index(f'id="row-{label}"'))

    assert order("") == [due.label, risky.label, old.label]
    assert order("?sort=risk") == [risky.label, due.label, old.label]
    assert order("?sort=oldest") == [old.label, due.label, risky.label]
    assert order("?sort=newest") == [risky.label, due.label, old.label]
    assert "gives more room; touches protected /requires_approval" in page(cast.cy)
    assert old.label not in page(cast.cy, "?risk=high")
