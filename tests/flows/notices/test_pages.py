"""The bell, the notices, the mail settings, as pages."""

from __future__ import annotations

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.notices import actions, queries
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

HTMX = {"HX-Request": "true"}


def told(cast: make.Cast, person: Scope, count: int = 1, kind: str = "decided") -> None:
    with in_tenant(cast.tenant.id):
        for number in range(count):
            actions.tell(
                scope=cast.tars,
                user_ids=[person.person_id],
                kind=kind,
                key=f"{kind}{number}",
                subject=f"AMD-{number}",
                sentence=f"AMD-{number} <b>happened</b>.",
                url=f"/amendments/AMD-{number}/",
                at=make.later(number),
            )


def test_page__shows_ones_own_escaped_newest_first_with_the_number_at_the_bell() -> None:
    cast = make.cast()
    told(cast, cast.mel, 2)
    text = client_of(cast.mel).get("/notices/").content.decode()
    assert text.index("AMD-1 &lt;b&gt;happened") < text.index("AMD-0 &lt;b&gt;happened")
    assert re.search(r'id="count-unread"\s*>2<', text)
    assert "AMD-0" not in client_of(cast.ada).get("/notices/").content.decode()
    assert "AMD-0" not in client_of(make.stranger()).get("/notices/").content.decode()


def test_page__filters_stand_in_the_url() -> None:
    cast = make.cast()
    told(cast, cast.ada, 1, kind="stale")
    told(cast, cast.ada, 2)
    client = client_of(cast.ada)
    assert client.get("/notices/?kind=stale").content.decode().count("data-row") == 1
    client.post("/notices/read/")
    assert "Nothing unread" in client.get("/notices/?unread=1").content.decode()
    assert "Nothing of this kind" in client.get("/notices/?kind=other").content.decode()


def test_read__one_and_all__as_plain_forms_and_as_fragments() -> None:
    cast = make.cast()
    told(cast, cast.ada, 3)
    client = client_of(cast.ada)
    one = re.search(r"/notices/[0-9a-f-]{36}/read/", client.get("/notices/").content.decode())
    assert one is not None
    plain = client.post(f"{one.group()}?kind=decided")
    assert (plain.status_code, plain["Location"]) == (302, "/notices/?kind=decided")
    fragment = client.post("/notices/read/", headers=HTMX)
    assert fragment.status_code == 200 and "tars:counts" in fragment["HX-Trigger"]
    assert fragment.content.decode().lstrip().startswith('<div class="stack wide" id="_notices">')
    assert _unread(cast.ada) == 0


def test_read__somebody_elses_or_nonsense__refused() -> None:
    cast = make.cast()
    told(cast, cast.ada)
    with in_tenant(cast.tenant.id):
        notice = queries.page_of(scope=cast.ada, filter=queries.Filter(), page=1).lines[0].id
    for other in (cast.bo, make.stranger()):
        assert client_of(other).post(f"/notices/{notice}/read/").status_code == 404
    assert client_of(cast.ada).post("/notices/read/", {"up_to": "x"}).status_code == 422
    assert client_of(cast.ada).get(f"/notices/{notice}/read/").status_code == 405
    assert _unread(cast.ada) == 1


def test_page__more_notices_cost_no_more_queries() -> None:
    cast = make.cast()
    client = client_of(cast.ada)
    told(cast, cast.ada, 1)
    few = _queries(client)
    told(cast, cast.ada, 40, kind="stale")
    assert _queries(client) == few


def test_preferences__are_saved_and_shown() -> None:
    cast = make.cast()
    client = client_of(cast.ada)
    page = client.get("/notices/preferences/").content.decode()
    assert "One digest a day" in page and "Break-glass" not in page
    assert client.post("/notices/preferences/", {"mail": "daily", "mailed": ["assigned"]}).status_code == 302
    with in_tenant(cast.tenant.id):
        kept = queries.preference_of(cast.ada)
    assert kept.mail == "daily" and "stale" in kept.muted and "assigned" not in kept.muted
    assert client.post("/notices/preferences/", {"mail": "hourly"}).status_code == 422


def test_counts__both_badges_fresh_without_touching_the_session() -> None:
    cast = make.cast()
    make.proposed(cast)
    client = client_of(cast.cy)
    before = client.session.get_expiry_date()
    answer = client.get("/shell/counts/", headers=HTMX)
    text = answer.content.decode()
    assert re.search(r'id="count-waiting"\s+hx-swap-oob="true">1<', text), text
    assert re.search(r'id="count-unread"\s+hx-swap-oob="true">1<', text), text
    assert not answer.cookies and answer["Cache-Control"] == "no-store"
    assert client.session.get_expiry_date() >= before
    assert answer.content.decode().count("<span") == 4


def test_counts__nobody_signed_in__stops_asking() -> None:
    assert Client().get("/shell/counts/", headers=HTMX).status_code == 286


def _unread(scope: Scope) -> int:
    with in_tenant(scope.tenant_id):
        return queries.unread_count(scope)


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/notices/").status_code == 200
    return len(captured)
