"""The outbox, and notices and mails over REST."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.notices import actions
from governance.notices.mail import write_due
from governance.notices.models import Notice, OutboxMail
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of


def mailed(cast: make.Cast, *people: Scope, count: int = 1) -> None:
    for number in range(count):
        with in_tenant(cast.tenant.id):
            actions.tell(
                scope=cast.tars,
                user_ids=[person.person_id for person in people],
                kind="decided",
                key=f"news {OutboxMail.objects.count()} {number}",
                subject="AMD-1",
                sentence="AMD-1 <i>took effect</i>.",
                url="/amendments/AMD-1/",
                at=make.AT,
            )
    write_due(tenant_id=cast.tenant.id, at=make.AT)


def the_mail(scope: Scope) -> OutboxMail:
    with in_tenant(scope.tenant_id):
        return OutboxMail.objects.get(user_id=scope.actor.user_id)


def post(client: Client, url: str, body: dict[str, Any] | None = None, method: str = "post") -> Any:
    return getattr(client, method)(url, json.dumps(body or {}), content_type="application/json")


def test_outbox__without_a_mail_server__says_so_and_shows_the_text() -> None:
    cast = make.cast()
    mailed(cast, cast.mel)
    client = client_of(cast.mel)
    page = client.get("/notices/outbox/").content.decode()
    assert "This installation has no mail server" in page and "AMD-1 &lt;i&gt;took effect" in page
    one = client.get(f"/notices/outbox/{the_mail(cast.mel).id}/").content.decode()
    assert "Nothing can be decided by answering this mail." in one and "<i>took" not in one


def test_outbox__everybody_sees_their_own__who_manages_people_sees_all() -> None:
    cast = make.cast()
    mailed(cast, cast.ada, cast.bo)
    ada = f"/notices/outbox/{the_mail(cast.ada).id}/"
    assert [client_of(one).get(ada).status_code for one in (cast.ada, cast.tess, cast.bo, make.stranger())] == [
        200,
        200,
        404,
        404,
    ]
    assert client_of(cast.tess).get("/notices/outbox/").content.decode().count("data-row") == 2
    assert client_of(cast.bo).get("/notices/outbox/").content.decode().count("data-row") == 1


def test_send_again__a_failed_one__is_queued__somebody_elses_is_not_there() -> None:
    cast = make.cast()
    mailed(cast, cast.ada)
    mail = the_mail(cast.ada)
    url = f"/notices/outbox/{mail.id}/send-again/"
    assert client_of(cast.ada).post(url).status_code == 409
    with in_tenant(cast.tenant.id):
        OutboxMail.objects.filter(id=mail.id).update(state="failed", attempts=5, error="550")
    assert "550" in client_of(cast.ada).get(f"/notices/outbox/{mail.id}/").content.decode()
    for other in (cast.bo, make.stranger()):
        assert client_of(other).post(url).status_code == 404
    assert client_of(cast.tess).post(url).status_code == 302
    assert (the_mail(cast.ada).state, the_mail(cast.ada).attempts) == ("queued", 0)


def test_outbox__more_mails_cost_no_more_queries() -> None:
    cast = make.cast()
    client = client_of(cast.tess)
    mailed(cast, cast.ada)
    few = _queries(client)
    mailed(cast, cast.bo, cast.cy, count=10)
    assert _queries(client) == few


def test_api__reads_marks_and_prefers() -> None:
    cast = make.cast()
    mailed(cast, cast.ada, count=3)
    client = client_of(cast.ada)
    first = client.get("/api/v1/notices/?unread=true&limit=2").json()
    assert len(first["results"]) == 2 and len(client.get(first["next"]).json()["results"]) == 1
    newest = first["results"][0]["id"]
    assert post(client, f"/api/v1/notices/{newest}/read/").json() == {"marked": 1}
    assert post(client, "/api/v1/notices/read/", {"up_to": newest}).json()["marked"] == 2
    assert post(client, f"/api/v1/notices/{newest}/read/").json() == {"marked": 0}
    wish = {"mail": "daily", "muted": ["stale"]}
    assert post(client, "/api/v1/notices/preferences/", wish, "put").json() == wish
    assert client.get("/api/v1/notices/preferences/").json() == wish
    refused = post(client, "/api/v1/notices/preferences/", {"mail": "each", "muted": ["override"]}, "put")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_preference")


def test_api__mails__own_or_all_and_nobody_elses() -> None:
    cast = make.cast()
    mailed(cast, cast.ada, cast.bo)
    mail = the_mail(cast.ada)
    assert len(client_of(cast.tess).get("/api/v1/mails/").json()["results"]) == 2
    assert len(client_of(cast.bo).get("/api/v1/mails/?state=queued").json()["results"]) == 1
    whole = client_of(cast.ada).get(f"/api/v1/mails/{mail.id}/").json()
    assert whole["body"] == mail.body and whole["state"] == "queued"
    assert post(client_of(cast.ada), f"/api/v1/mails/{mail.id}/send_again/").json()["code"] == "still_waiting"
    with in_tenant(cast.tenant.id):
        notice = Notice.objects.get(user_id=cast.ada.actor.user_id).id
    for other in (cast.bo, make.stranger()):
        client = client_of(other)
        assert client.get(f"/api/v1/mails/{mail.id}/").status_code == 404
        assert post(client, f"/api/v1/mails/{mail.id}/send_again/").status_code == 404
        assert post(client, f"/api/v1/notices/{notice}/read/").status_code == 404


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/notices/outbox/").status_code == 200
    return len(captured)
