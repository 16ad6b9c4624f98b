"""Webhooks as people, programs and the documentation see them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.tenancy import in_tenant
from governance.web import now
from governance.webhooks import actions, deliveries
from governance.webhooks.models import Webhook, WebhookDelivery
from tests import factories as make
from tests.receiver import Receiver, receiver
from tests.web import client_of

URL = "https://hooks.example.com/in"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "webhooks.md"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        yield found


def added(cast: make.Cast, *, url: str = URL, name: str = "CI") -> tuple[Webhook, str]:
    return actions.add_webhook(scope=cast.tess, name=name, url=url, events=[], at=make.AT)


def delivered(delivery: WebhookDelivery) -> str:
    return deliveries.deliver(
        tenant_id=delivery.tenant_id, delivery_id=delivery.id, attempt=delivery.attempts, clock=now
    )


def test_add__secret_is_on_the_answer_and_nowhere_after(cast: make.Cast) -> None:
    client = client_of(cast.tess)
    response = client.post("/webhooks/add/", {"name": "CI", "url": URL, "events": ["amendment.applied"]})
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", response.content.decode())
    assert found and response["Cache-Control"] == "no-store"
    with in_tenant(cast.tenant.id):
        webhook = Webhook.objects.get()
    for path in ("/webhooks/", f"/webhooks/{webhook.id}/"):
        text = client.get(path).content.decode()
        assert "CI" in text and "whsec_" not in text


def test_add__refused_address__keeps_what_was_typed(cast: make.Cast) -> None:
    response = client_of(cast.tess).post("/webhooks/add/", {"name": "CI", "url": "https://10.0.0.1/in"})
    assert response.status_code == 422
    text = response.content.decode()
    assert "private address" in text and "https://10.0.0.1/in" in text


@pytest.mark.parametrize("name", ["ada", "uma", "mel"])
def test_pages__without_the_right__refused(name: str, cast: make.Cast) -> None:
    webhook, _ = added(cast)
    client = client_of(getattr(cast, name))
    assert client.get("/webhooks/").status_code == 403
    assert client.get(f"/webhooks/{webhook.id}/").status_code == 403
    assert client.post(f"/webhooks/{webhook.id}/remove/").status_code == 403


def test_pages__stranger__finds_nothing(cast: make.Cast) -> None:
    webhook, _ = added(cast)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=make.AT)
    client, one = client_of(make.stranger()), f"/webhooks/{webhook.id}/"
    assert client.get(one).status_code == 404
    assert client.get(f"{one}deliveries/{delivery.id}/").status_code == 404
    for verb in ("switch/", "rotate-secret/", "remove/", "test/", f"deliveries/{delivery.id}/send-again/"):
        assert client.post(one + verb).status_code == 404, verb


def test_list__many_webhooks__same_number_of_queries(cast: make.Cast) -> None:
    client, numbers = client_of(cast.tess), []
    for round in range(2):
        for number in range(5):
            added(cast, name=f"{round}-{number}")
        client.get("/webhooks/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/webhooks/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_story__test_fails_is_seen_and_sent_again(cast: make.Cast, server: Receiver) -> None:
    webhook, _ = added(cast, url=server.url)
    client, one = client_of(cast.sam), f"/webhooks/{webhook.id}/"
    server.says(500)
    assert client.post(f"{one}test/").status_code == 302
    with in_tenant(cast.tenant.id):
        delivery = WebhookDelivery.objects.get()
    assert delivered(delivery) == "queued"
    assert "The receiver answered 500." in client.get(one).content.decode()
    page = client.get(f"{one}deliveries/{delivery.id}/").content.decode()
    assert "The receiver answered 500." in page and "webhook.test" in page
    server.says(204)
    client.post(f"{one}deliveries/{delivery.id}/send-again/")
    with in_tenant(cast.tenant.id):
        delivery = WebhookDelivery.objects.get()
    assert delivered(delivery) == "delivered"
    assert "Delivered" in client.get(one).content.decode()


def test_change_switch_rotate_remove__by_page(cast: make.Cast) -> None:
    webhook, _ = added(cast)
    client, one = client_of(cast.bo), f"/webhooks/{webhook.id}/"
    assert client.post(one, {"name": "CI 2", "url": URL, "events": ["amendment.applied"]}).status_code == 302
    assert client.post(one, {"name": "", "url": URL}).status_code == 422
    client.post(f"{one}switch/")
    assert "This webhook is off" in client.get(one).content.decode()
    client.post(f"{one}switch/")
    assert "whsec_" in client.post(f"{one}rotate-secret/").content.decode()
    client.post(f"{one}remove/")
    assert client.get(one).status_code == 404
    assert "No webhooks yet" in client.get("/webhooks/").content.decode()


def test_docs__snippet_accepts_what_is_sent_and_nothing_else(cast: make.Cast, server: Receiver) -> None:
    webhook, secret = added(cast, url=server.url)
    assert delivered(actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=now())) == "delivered"
    snippet = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert snippet
    names: dict[str, Any] = {}
    exec(snippet.group(1), names)
    got = server.got[0]
    assert names["is_from_tars"](secret, got.headers, got.body)
    assert not names["is_from_tars"](secret, got.headers, got.body + b" ")
    assert not names["is_from_tars"]("whsec_" + "A" * 44, got.headers, got.body)
    assert not names["is_from_tars"](secret, {**got.headers, "webhook-timestamp": "1614265330"}, got.body)


def test_docs__name_every_event() -> None:
    from governance.webhooks.events import EVENTS

    text = DOCS.read_text()
    assert [name for name in EVENTS if f"`{name}`" not in text and f"`.{name.partition('.')[2]}`" not in text] == []


# -- programs


def send(method: str, scope: make.Scope, path: str, data: Any = None) -> Any:
    client = client_of(scope)
    return getattr(client, method)(f"/api/v1/webhooks/{path}", json.dumps(data or {}), content_type="application/json")


def test_api__whole_life(cast: make.Cast) -> None:
    made = send("post", cast.tess, "", {"name": "CI", "url": URL, "events": ["amendment.applied"]})
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    id = made.json()["id"]
    assert made["Location"] == f"/api/v1/webhooks/{id}/"
    client = client_of(cast.tess)
    assert [one["name"] for one in client.get("/api/v1/webhooks/").json()["results"]] == ["CI"]
    assert "secret" not in client.get(made["Location"]).json()
    assert send("patch", cast.tess, f"{id}/", {"events": []}).json()["events"] == []
    rotated = send("post", cast.tess, f"{id}/rotate-secret").json()
    assert rotated["secret"] != made.json()["secret"]
    sent = send("post", cast.tess, f"{id}/test")
    assert (sent.status_code, sent.json()["event"], sent.json()["state"]) == (202, "webhook.test", "queued")
    assert client.get(sent["Location"]).json()["body"]["type"] == "webhook.test"
    assert send("post", cast.tess, f"{id}/deliveries/{sent.json()['id']}/send_again").status_code == 202
    listed = client.get(f"/api/v1/webhooks/{id}/deliveries/?state=queued&limit=1").json()
    assert len(listed["results"]) == 1 and listed["next"] is None
    assert send("patch", cast.tess, f"{id}/", {"is_enabled": False}).json()["is_enabled"] is False
    assert send("post", cast.tess, f"{id}/test").json()["code"] == "webhook_disabled"
    assert client_of(cast.tess).delete(f"/api/v1/webhooks/{id}/").status_code == 204
    assert client.get(f"/api/v1/webhooks/{id}/").status_code == 404


def test_api__faults_are_named(cast: make.Cast) -> None:
    refused = send("post", cast.tess, "", {"name": "CI", "url": "https://127.0.0.1/"})
    assert (refused.status_code, refused.json()["code"]) == (422, "address_refused")
    assert send("post", cast.tess, "", {"name": "CI", "url": URL, "events": ["odd"]}).status_code == 422
    assert send("post", cast.uma, "", {"name": "CI", "url": URL}).status_code == 403


def test_api__stranger__finds_nothing(cast: make.Cast) -> None:
    webhook, _ = added(cast)
    mallory = make.stranger()
    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("post", "test"), ("get", "deliveries/")):
        response = getattr(client_of(mallory), method)(
            f"/api/v1/webhooks/{webhook.id}/{path}", **({} if method == "get" else {"content_type": "application/json"})
        )
        assert response.status_code == 404, (method, path)
