"""Talking on the page: beside a change and about the whole, with script and without; ticks, looks, news, nudges."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import actions as amendments
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import amendment_page
from governance.discussion.models import Look
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import HTMX, address, ago, answer, body, proposed
from tests.web import client_of

PLACE = "/fallback_delay_ms"


def said(scope: Scope, proposal: AmendmentProposal, **options: object):  # type: ignore[no-untyped-def]
    return amendments.comment(
        scope=scope, number=proposal.number, at=ago(3), **{"text": "Why?", "pointer": PLACE, **options}
    )


def post(scope: Scope, proposal: AmendmentProposal, *parts: str, **data: str):  # type: ignore[no-untyped-def]
    return client_of(scope).post(address(proposal, *parts), data, **HTMX)


def test_comment__is_drawn_at_its_place__and_everybody_who_takes_part_hears_of_it() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    done = post(cast.ada, proposal, "comments", pointer=PLACE, text="<b>Why</b> so low?", revision="1")
    html = done.content.decode()
    assert done.status_code == 200 and 'id="spot-1"' in html and "&lt;b&gt;Why&lt;/b&gt; so low?" in html
    assert 'hx-swap-oob="true"' in html, "the page that was answered to hears no news of its own comment"
    whole = body(client_of(cast.cy).get(address(proposal)))
    assert whole.index("so low?") < whole.index('id="talk-title"')


def test_comment__empty__refused_at_its_place_with_what_was_typed() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    done = post(cast.ada, proposal, "comments", pointer=PLACE, text=" ", suggestion="300")
    assert done.status_code == 422
    assert "Say something" in done.content.decode() and 'value="300"' in done.content.decode()


def test_comment__without_script__goes_back_to_the_place() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client = client_of(cast.ada)
    done = client.post(address(proposal, "comments"), {"text": "As a whole, fine."})
    assert (done.status_code, done["Location"]) == (302, f"{address(proposal)}#talk")
    refused = client.post(address(proposal, "comments"), {"text": ""})
    assert refused.status_code == 422 and "Say something" in body(refused)


def test_suggestion__its_proposer_takes_it_over__the_form_holds_the_value() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    remark = said(cast.ada, proposal, suggestion={"value": 350})
    said(cast.cy, proposal, pointer="/gone/1", suggestion={"value": 1})
    client = client_of(cast.bo)
    assert f"?take={remark.id}" in body(client.get(address(proposal)))
    assert f"?take={remark.id}" not in body(client_of(cast.cy).get(address(proposal)))
    form = body(client.get(f"{address(proposal, 'revise')}?take=all"))
    assert "&quot;fallback_delay_ms&quot;: 350" in form
    assert "Suggestions are taken over" in form and "Not taken over" in form


def test_suggestion__typed_as_text__is_text_and_as_json_is_json() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    for typed, shown in (("300", "<ins>300</ins>"), ("soon", "<ins>&quot;soon&quot;</ins>")):
        done = post(cast.ada, proposal, "comments", pointer=PLACE, text="Rather.", suggestion=typed)
        assert shown in done.content.decode()


def test_thread__resolved_and_reopened_at_its_place() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    remark = said(cast.ada, proposal)
    done = post(cast.bo, proposal, "comments", str(remark.id), "resolve", pointer=PLACE)
    assert f"{cast.bo.actor.name} resolved what {cast.ada.actor.name} said" in done.content.decode()
    assert "Reply" in post(cast.bo, proposal, "comments", str(remark.id), "reopen", pointer=PLACE).content.decode()
    assert post(make.stranger(), proposal, "comments", str(remark.id), "resolve").status_code == 404


def test_tick__counts__with_script_and_without() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200, persona_id="x")
    done = post(cast.ada, proposal, "tick", pointer=PLACE, viewed="1", revision="1")
    assert "1 of 2 viewed" in done.content.decode() and 'aria-pressed="true"' in done.content.decode()
    plain = client_of(cast.uma).post(address(proposal, "tick"), {"pointer": "/persona_id", "viewed": "1"})
    assert plain["Location"] == f"{address(proposal)}#spot-2"
    assert "1 of 2 viewed" in body(client_of(cast.uma).get(address(proposal)))


def test_revised_since_the_reader_looked__bar_instead_of_the_form__one_click_brings_it_back() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client = client_of(cast.cy)
    assert 'hx-trigger="load"' in body(client.get(address(proposal)))
    assert client.post(address(proposal, "look"), {"digest": make.digest_of(cast.bo, proposal)}).status_code == 204
    assert 'hx-trigger="load"' not in body(client.get(address(proposal)))
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.constitution_of(cast.bo), fallback_delay_ms=300),
        evidence={"reason": "Better."},
        why="half way",
        at=ago(1),
    )
    page = body(client.get(address(proposal)))
    assert "Changed since you looked (revision 1)" in page and 'id="decide-form"' not in page
    again = client.post(address(proposal, "look"), {"digest": make.digest_of(cast.bo, proposal), "again": "1"}, **HTMX)
    assert 'id="decide-form"' in again.content.decode()


def test_answer_without_script__counts_as_having_looked() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    answer(client_of(cast.cy), cast.cy, proposal, password="wrong")
    with in_tenant(cast.tenant.id):
        assert Look.objects.filter(user_id=cast.cy.actor.user_id).exists()


def test_news__nothing__a_comment__a_decision() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client = client_of(cast.ada)
    seen = re.search(r"news/\?seen=([^\"]+)", body(client.get(address(proposal))))[1]  # type: ignore[index]
    news = f"{address(proposal, 'news')}?seen={seen}"
    assert client.get(news).status_code == 204
    said(cast.cy, proposal)
    assert "Somebody wrote a comment." in body(client.get(news))
    make.approve(cast.cy, proposal, at=ago(1))
    told = body(client.get(news))
    assert "Took effect by cy" in told and "hx-trigger" not in told
    assert client_of(make.stranger()).get(news).status_code == 404


def test_nudge__once_a_day__and_the_button_says_so() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    page = body(client_of(cast.ada).get(address(proposal)))
    question = re.search(r'name="question" value="([^"]+)"', page)[1]  # type: ignore[index]
    who = str(cast.cy.actor.user_id)
    assert "They are told" in body(post(cast.ada, proposal, "nudge", question=question, person=who))
    assert "nudged today" in body(client_of(cast.ada).get(address(proposal)))
    assert post(cast.ada, proposal, "nudge", question=question, person=who).status_code == 409
    assert post(make.stranger(), proposal, "nudge", question=question, person=who).status_code == 404


@pytest.mark.parametrize("view", ["fields", "side", "patch"])
def test_page__more_of_everything__same_number_of_queries(view: str) -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    said(cast.ada, proposal)
    proposed(cast, fallback_delay_ms=300)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen, in_tenant(cast.tenant.id):
            amendment_page(scope=cast.cy, number=proposal.number, at=ago(0), view=view)
        return len(seen)

    few = count()
    for step in range(6):
        said(cast.ada, proposal, text=f"{step}")
        proposed(cast, fallback_delay_ms=310 + step)
        make.seated(tenant=cast.tenant, name=f"op{step}", roles=[make.Role.OPERATOR])
        amendments.tick(scope=cast.cy, number=proposal.number, pointer=f"/x{step}", is_viewed=True, at=ago(1))
    assert count() == few


def test_buttons_that_rest__are_shown_with_their_reasons() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    page = body(client_of(cast.cy).get(address(proposal)))
    assert f"{cast.bo.actor.name} proposed this; only they can revise it." in page
    assert "only they or a tenant admin can withdraw it." in page
    own = body(client_of(cast.bo).get(address(proposal)))
    assert "You proposed this; a second person must decide it." in own
    assert "only they can revise it" not in own
    assert "What you cannot do here" not in body(client_of(cast.uma).get(address(proposal)))
