"""The preview beside the list: looked at, answered, and on to the next."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.amendments.kinds import AmendmentType
from governance.scope import Scope
from tests import factories as make
from tests.web import client_of

HTMX = {"HX-Request": "true"}


def recent(minutes: float = 0) -> Any:
    return timezone.now() - timedelta(days=1, minutes=minutes)


def get(scope: Scope, query: str = "", **headers: str) -> Any:
    return client_of(scope).get(f"/inbox/{query}", headers=headers)


def press(scope: Scope, proposal: Any, verb: str, *, query: str = "", htmx: bool = True, **fields: str) -> Any:
    data = {"digest": make.digest_of(scope, proposal), "confirm": make.PASSWORD, "note": "", **fields}
    return client_of(scope).post(f"/inbox/{proposal.label}/{verb}/{query}", data, headers=HTMX if htmx else {})


def test_open__in_the_url__whole_page_with_sentence_evidence_authority_and_form() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    html = get(cast.cy, f"?open={proposal.label}").content.decode()
    assert f'data-open="{proposal.label}"' in html
    assert "Fallback waits 200 ms instead of 500 ms." in html
    assert "OMS-1234" in html
    assert "Needs Operator" in html
    assert f'action="/inbox/{proposal.label}/approve/?"' in html
    assert 'aria-current="true"' in html


def test_open__htmx_asks_for_the_pane__the_pane_alone_and_its_url_is_pushed() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    response = get(cast.cy, f"?open={proposal.label}&q=fallback", **HTMX, **{"HX-Target": "_pane"})
    html = response.content.decode()
    assert html.lstrip().startswith('<aside id="_pane"')
    assert "_inbox" not in html.split("<form")[0]
    assert response["HX-Push-Url"] == f"/inbox/?q=fallback&open={proposal.label}"


def test_open__own_proposal__no_button_and_the_reason() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    html = get(cast.bo, f"?tab=mine&open={proposal.label}").content.decode()
    assert "You proposed this" in html
    assert 'name="confirm"' not in html


@pytest.mark.parametrize("key", ["AMD-999", "nonsense", "AMD-x", "rollback-AMD-1"])
def test_open__nothing_of_that_name__the_list_without_a_preview(key: str) -> None:
    html = get(make.cast().cy, f"?open={key}").content.decode()
    assert 'data-open=""' in html


def test_open__strangers_amendment__no_preview() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    html = get(make.stranger(), f"?open={proposal.label}").content.decode()
    assert 'data-open=""' in html
    assert "Fallback" not in html


def test_approve__in_the_preview__list_with_the_next_row_open_and_said_aloud() -> None:
    cast = make.cast()
    first, second = (make.proposed(cast, fallback_delay_ms=ms, at=recent(-ms)) for ms in (200, 300))
    response = press(cast.cy, first, "approve", query=f"?open={first.label}")
    html = response.content.decode()
    assert response.status_code == 200
    # the second one rests on the same version, so it is stale now and asks nobody
    assert make.state_of(cast.cy, first) == "applied"
    assert html.lstrip().startswith('<div class="desk')
    assert "took effect" in json.loads(response["HX-Trigger"])["tars:say"]["text"]
    assert response["HX-Push-Url"] == f"/inbox/?open={second.label}"


def test_approve__one_of_two_needed__the_next_opens() -> None:
    cast = make.cast()
    proposals = [
        make.proposed(cast, by=cast.sam, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=[name], at=recent(-ms))
        for ms, name in enumerate(("voice", "fax"))
    ]
    html = press(cast.cy, proposals[0], "approve").content.decode()
    assert f'data-open="{proposals[1].label}"' in html
    assert re.findall(r'<a class="row"\s+href="/amendments/(AMD-\d+)/', html) == [proposals[1].label]


def test_reject_and_ask_for_changes__without_javascript__back_on_the_list() -> None:
    cast = make.cast()
    one, other = (make.proposed(cast, fallback_delay_ms=ms, at=recent(-ms)) for ms in (200, 300))
    response = press(cast.cy, one, "reject", htmx=False, note="Too low.", query="?q=fallback")
    assert response["Location"] == f"/inbox/?q=fallback&open={other.label}"
    response = press(cast.cy, other, "request_changes", htmx=False, note="Say why.")
    assert response["Location"] == "/inbox/"
    assert [make.state_of(cast.cy, row) for row in (one, other)] == ["rejected", "changes_requested"]


@pytest.mark.parametrize(("htmx", "start"), [(True, '<aside id="_pane"'), (False, "<!DOCTYPE html>")])
def test_approve__wrong_password__refusal_in_the_preview_and_the_note_is_kept(htmx: bool, start: str) -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    response = press(cast.cy, proposal, "approve", htmx=htmx, confirm="wrong", note="My thoughts")
    html = response.content.decode()
    assert response.status_code == 403
    assert html.lstrip().startswith(start)
    assert "Nothing was decided" in html
    assert "My thoughts" in html
    assert make.state_of(cast.cy, proposal) == "proposed"


def test_approve__digest_that_moved__refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    assert press(cast.cy, proposal, "approve", digest="sha256:0").status_code == 409


def test_answer__unknown_verb__not_found() -> None:
    cast = make.cast()
    assert press(cast.cy, make.proposed(cast, at=recent()), "apply").status_code == 404


def test_answer__stranger__not_found() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposal = make.proposed(cast, at=recent())
    data = {"digest": make.digest_of(cast.cy, proposal), "confirm": make.PASSWORD}
    assert client_of(mallory).post(f"/inbox/{proposal.label}/approve/", data).status_code == 404


# -- what came since


def news(scope: Scope, since: Any, shown: int = 0, query: str = "") -> Any:
    stamp = since.isoformat().replace("+", "%2B")
    return client_of(scope).get(f"/inbox/news/?since={stamp}&shown={shown}{query}", headers=HTMX)


def test_news__nothing_came__no_content() -> None:
    cast = make.cast()
    make.proposed(cast, at=recent())
    assert news(cast.cy, timezone.now()).status_code == 204


def test_news__one_came__a_bar_says_so_once() -> None:
    cast = make.cast()
    make.proposed(cast, at=recent())
    response = news(cast.cy, recent(5))
    assert "1 new since you looked" in response.content.decode()
    assert news(cast.cy, recent(5), shown=1).status_code == 204


def test_news__keeps_to_the_filter__and_bad_moments_say_nothing() -> None:
    cast = make.cast()
    make.proposed(cast, at=recent())
    assert news(cast.cy, recent(5), query="&q=elsewhere").status_code == 204
    assert client_of(cast.cy).get("/inbox/news/?since=yesterday").status_code == 204
    assert client_of(cast.cy).get("/inbox/news/?since=2026-99-99T00:00:00Z").status_code == 204
