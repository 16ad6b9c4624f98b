"""Executions as people see them: the list, and one of them explained."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.exports import actions as exports
from governance.files.models import StoredFile
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.tenancy import in_tenant
from routing.executions.proof import judged
from routing.executions.sealing import seal_receipts
from tests import factories as make
from tests.db.routing.executions import desk
from tests.web import client_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def body(client: Client, path: str, **options: Any) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200, (path, response.status_code)
    return str(response.content.decode())


def test_list__empty__leads_to_the_ask_page(cast: make.Cast) -> None:
    page = body(client_of(cast.mel), "/executions/")
    assert "Nothing was asked yet" in page and 'href="/ask/"' in page
    assert "Ask for something" not in body(client_of(cast.uma), "/executions/").split("<main")[1]


def test_list__filters_in_the_address(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll", channel="page")
    desk.asked(cast.bo, "Audit it", system="payroll", at=make.later(5))
    client = client_of(cast.uma)

    def shown(query: str) -> list[str]:
        found = re.findall(r'<span class="say">(.*?)</span>', body(client, f"/executions/?{query}"))
        return sorted(found)

    assert shown("") == ["Audit it", "Run payroll"]
    for query, found in {
        "state=open": "Audit it",
        "state=received": "Audit it",
        "state=success": "Run payroll",
        "q=audit": "Audit it",
        "channel=page": "Run payroll",
        "channel=api": "Audit it",
        f"who={cast.mel.actor.name}": "Run payroll",
        "rating=none": "Run payroll",
    }.items():
        assert shown(query) == [found], query
    assert shown("system=payroll&days=90") == ["Audit it", "Run payroll"]
    assert "Nothing fits" in body(client, "/executions/?disputed=true")
    client_of(cast.mel).post(f"/executions/{done.id}/dispute/", {"dispute": "Too dear."})
    assert shown("disputed=true") == ["Run payroll"]


def test_list__a_member_sees_their_own__a_stranger_nothing(cast: make.Cast) -> None:
    mine, theirs = desk.asked(cast.mel, "Mine"), desk.asked(cast.bo, "Theirs")
    client = client_of(cast.mel)
    page = body(client, "/executions/")
    assert ">Mine<" in page and "Theirs" not in page
    assert client.get(f"/executions/{theirs.id}/").status_code == 404
    assert client.get(f"/executions/{mine.id}/").status_code == 200
    assert "Mine" not in body(client_of(make.stranger()), "/executions/")
    assert client_of(make.stranger()).get(f"/executions/{mine.id}/").status_code == 404


def test_list__pages_by_keyset(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.executions.queries.page.__kwdefaults__", {"before": None, "limit": 2})
    for number in range(5):
        desk.asked(cast.mel, f"Number {number}", at=make.later(number))
    client, seen, path = client_of(cast.mel), [], "/executions/"
    while path:
        page = body(client, path)
        seen += re.findall(r'<span class="say">Number (\d)</span>', page)
        older = re.search(r'href="(/executions/\?[^"]*before=[^"]*)"\s+rel="next"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == ["4", "3", "2", "1", "0"]


def test_list__more_rows__no_more_queries(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    desk.done(cast.mel, "Run payroll", system="payroll")
    client = client_of(cast.uma)
    paths = ("/executions/", "/executions/?state=success&days=90", "/systems/payroll/")
    counts = {}
    for path in paths:
        body(client, path)
        with CaptureQueriesContext(connection) as made:
            body(client, path)
        counts[path] = len(made)
    for number in range(6):
        desk.done(cast.bo, f"Run payroll {number}", system="payroll")
    for path, count in counts.items():
        with CaptureQueriesContext(connection) as made:
            body(client, path)
        assert len(made) <= count, path


def test_tail__says_what_is_new_and_what_moved__nothing_when_nothing_did(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    request = desk.asked(cast.mel, "Run payroll", system="payroll")
    client = client_of(cast.uma)

    def tail(text: str) -> str:
        found = re.search(r'hx-get="(/executions/news/[^"]*)"', text)
        assert found is not None
        return found[1].replace("&amp;", "&")

    address = tail(body(client, "/executions/"))
    assert client.get(address, headers=HTMX).status_code == 204
    desk.asked(cast.bo, "Audit it", system="payroll", at=make.later(5))
    news = body(client, address, headers=HTMX)
    assert "Audit it" in news and "Run payroll" not in news and str(request.id) in tail(news)
    assert "execution-tail" not in body(client, "/executions/?tail=off")


def test_export__takes_exactly_the_filtered_list(cast: make.Cast) -> None:
    desk.asked(cast.mel, "Run payroll"), desk.asked(cast.bo, "Audit it")
    client = client_of(cast.uma)
    answer = client.post("/exports/executions/", {"format": "json", "query": "q=audit"})
    assert answer.status_code == 200, answer.content[:400]
    assert [row["request"] for row in _rows(answer.content)] == ["Audit it"]
    assert client.post("/exports/executions/", {"format": "csv", "query": "state=nonsense"}).status_code == 422


def test_export__a_member__takes_their_own_at_once_or_not_at_all(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.asked(cast.mel, "Mine"), desk.asked(cast.mel, "Mine too"), desk.asked(cast.bo, "Theirs")
    client = client_of(cast.mel)
    assert 'action="/exports/executions/"' in body(client, "/executions/")
    for query in ("", "mine=true"):
        rows = _rows(client.post("/exports/executions/", {"format": "json", "query": query}).content)
        assert {row["request"] for row in rows} == {"Mine", "Mine too"}
    assert _rows(client.post("/exports/executions/", {"format": "json", "query": "q=Theirs"}).content) == []
    assert client.post("/exports/ledger/", {"format": "csv", "query": ""}).status_code == 403
    monkeypatch.setitem(exports.AT_ONCE, "json", 1)
    refused = client.post("/exports/executions/", {"format": "json", "query": ""})
    assert refused.status_code == 422 and "Narrow the filters" in refused.content.decode()


def test_export__of_ones_own__is_the_same_when_a_job_writes_it(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is TARS: whose executions are meant must be said when they are asked for."""
    desk.asked(cast.bo, "Mine"), desk.asked(cast.bo, "Mine too"), desk.asked(cast.mel, "Theirs")
    monkeypatch.setitem(exports.AT_ONCE, "json", 1)
    started = exports.take(scope=cast.bo, kind="executions", format="json", filters={"mine": "true"}, at=make.later(9))
    assert isinstance(started, Job)
    assert attempt(tenant_id=cast.tenant.id, job_id=started.id, clock=lambda: make.later(10)) == "done"
    with in_tenant(cast.tenant.id):
        file = StoredFile.objects.get(tenant_id=cast.tenant.id, purpose="export")
    with zipfile.ZipFile(io.BytesIO(bytes(file.content))) as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("executions-")]
        assert {row["request"] for row in _rows(archive.read(name))} == {"Mine", "Mine too"}


def test_card__tells_who_why_how_much_and_shows_the_receipt(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", lambda call, told: {"paid": 12})
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    page = body(client_of(cast.mel), f"/executions/{done.id}/")
    for words in (
        "payroll answered.",
        "Verified just now",
        "anchored in the ledger within a minute",
        "&quot;paid&quot;: 12",
    ):
        assert words in page, words
    seal_receipts(scope=cast.tars, at=make.later(30))
    page = body(client_of(cast.uma), f"/executions/{done.id}/")
    assert "Verified just now" in page and "anchored in the ledger by" in page
    assert f"/rulebook/verdicts/{done.verdict_id}/" in page
    assert "Rate it" not in page and "Ask again" not in page
    assert client_of(cast.mel).get(f"/executions/{done.id}/answer.json").json() == {"paid": 12}
    document = json.loads(client_of(cast.uma).get(f"/executions/{done.id}/receipt.json").content)
    assert judged(document).is_genuine


def test_card__what_the_agent_answers_is_never_markup__and_big_answers_are_folded(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", lambda call, told: "<script>alert(1)</script>" + "x" * 5_000)
    done = desk.done(cast.mel, "Run <b>payroll</b>", system="payroll")
    page = body(client_of(cast.mel), f"/executions/{done.id}/")
    assert "<script>alert(1)" not in page and "<b>payroll" not in page
    assert "All 5025 characters" in page


def test_card__is_followed_while_it_runs(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    request = desk.asked(cast.mel, "Run payroll", system="payroll")
    client = client_of(cast.mel)
    page = body(client, f"/executions/{request.id}/")
    assert "TARS looks for the agent" in page
    address = re.search(r'hx-get="([^"]*seen=[^"]*)"', page)
    assert address is not None
    url = address[1].replace("&amp;", "&")
    assert client.get(url, headers=HTMX).status_code == 204
    desk.worked(cast.mel, request)
    answer = client.get(url, headers=HTMX)
    assert answer["HX-Retarget"] == "#_execution" and b"payroll answered." in answer.content
    assert b"hx-trigger" not in answer.content.split(b'id="_progress"')[1].split(b">")[0]


def _rows(content: bytes) -> list[dict[str, Any]]:
    found = json.loads(content)
    return list(found["rows"] if isinstance(found, dict) else found)


def test_hand_in__leads_to_the_page_of_the_request__sent_twice_once(cast: make.Cast) -> None:
    client = client_of(cast.mel)
    page = body(client, "/ask/")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None and "Hand it in" in page
    said = {"text": "Run payroll", "system": "", "action": "", "key": key[1]}
    first = client.post("/executions/hand-in/", said)
    assert first.status_code == 302
    assert client.post("/executions/hand-in/", said)["Location"] == first["Location"]
    assert client.post("/executions/hand-in/", {**said, "text": "Other"})["Location"] != first["Location"]
    assert "Run payroll" in body(client, first["Location"])
    assert "What you asked for last" in body(client, "/ask/") and first["Location"] in body(client, "/ask/")
    by_htmx = client.post("/executions/hand-in/", said, headers=HTMX)
    assert (by_htmx.status_code, by_htmx["HX-Redirect"]) == (204, first["Location"])
    empty = client.post("/executions/hand-in/", {**said, "text": " "})
    assert empty.status_code == 422 and b"Say in a sentence" in empty.content
    assert client_of(cast.uma).post("/executions/hand-in/", said).status_code == 403


def test_said__stars_again_and_again__a_dispute_once(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    client, here = client_of(cast.mel), f"/executions/{done.id}/"
    for stars in ("5", "2"):
        assert client.post(f"{here}rate/", {"stars": stars, "words": "So so."}).status_code == 302
    page = body(client, here)
    assert "2 stars" in page and "So so." in page
    assert client.post(f"{here}rate/", {"stars": "9"}).status_code == 422
    assert "Somebody else should have got it" in page
    assert client.post(f"{here}correct/", {"system": "nobody"}).status_code == 422
    assert client.post(f"{here}correct/", {"system": cast.system.name}).status_code == 302
    assert f"{cast.system.name} should have got it" in body(client_of(cast.uma), here)
    assert client.post(f"{here}dispute/", {"dispute": "Not what I asked."}).status_code == 302
    page = body(client, here)
    assert "Not what I asked." in page and "Dispute it" not in page
    assert client_of(cast.uma).post(f"{here}rate/", {"stars": "1"}).status_code == 403


def test_cancel__before_anything_was_done(cast: make.Cast) -> None:
    request = desk.asked(cast.mel, "Run payroll")
    client, here = client_of(cast.mel), f"/executions/{request.id}/"
    assert "Call it off" in body(client, here)
    assert client_of(cast.uma).post(f"{here}cancel/").status_code == 403
    assert client.post(f"{here}cancel/").status_code == 302
    assert "before anything was done" in body(client, here)
    assert client.post(f"{here}cancel/").status_code == 409


def test_again__other_words_with_a_suggestion__of_another_system(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll", input={"month": "May"})
    client = client_of(cast.mel)
    answer = client.post(
        f"/executions/{done.id}/again/",
        {"text": "Run payroll", "system": "payroll", "key": "k", "suggestion": "forged"},
    )
    assert answer.status_code == 302
    new = desk.now(cast.mel, UUID(answer["Location"].split("/")[2]))
    assert (new.user_request, new.input_data, new.wanted_system) == ("Run payroll", {"month": "May"}, "payroll")
    assert new.id != done.id
