"""Secrets: they go in, they are sent, and nobody sees them again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from governance.canonical import canonical_bytes
from governance.errors import Invalid, NotAllowed, NotFound
from governance.tenancy import in_tenant
from routing.connectors import actions, calling, queries
from routing.connectors.contract import AgentError
from routing.connectors.models import Connector, ConnectorSecret
from routing.connectors.tasks import forget
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.connectors.world import AT, NAME, SECRET, call, connected, entries, local, unreachable, whole_ledger
from tests.receiver import Receiver, receiver
from tests.web import client_of

OTHER = "sk-the-next-one-is-secret-too-0815"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        yield found


def put(cast: make.Cast, value: str = SECRET, **more: Any) -> ConnectorSecret:
    return actions.set_secret(scope=cast.bo, system_name=NAME, value=value, **{"at": AT, **more})


def sent(connector: Connector, *, at: Any = AT) -> dict[str, str]:
    found = calling.open_connector(tenant_id=connector.tenant_id, connector_id=connector.id, at=at)
    return dict(found.secrets)


def states(cast: make.Cast, *, at: Any = AT) -> list[tuple[int, str]]:
    with in_tenant(cast.tenant.id):
        whole = queries.whole(scope=cast.bo, system_name=NAME, at=at)
    return [(secret.version, secret.state) for secret in whole.secrets]


def test_set__is_sealed_and_sent(cast: make.Cast) -> None:
    connector = connected(cast)
    secret = put(cast)
    assert SECRET.encode() not in bytes(secret.sealed)
    assert sent(connector) == {"Authorization": SECRET}
    (entry,) = entries(cast, "connectors.set_secret")
    assert "Version 1 of the secret Authorization" in str(bytes(entry.openings))


def test_required_and_missing__the_connector_says_so(cast: make.Cast) -> None:
    connector = connected(cast, api_key_required=True)
    with in_tenant(cast.tenant.id):
        why = unreachable(scope=cast.bo, system_ids=[cast.system.id], at=AT)[cast.system.id]
    assert why.code == "secret_missing" and "has none in force" in why.sentence
    with pytest.raises(actions.NotReachable, match="needs a secret"):
        sent(connector)
    put(cast)
    with in_tenant(cast.tenant.id):
        assert unreachable(scope=cast.bo, system_ids=[cast.system.id], at=AT) == {}


def test_rotation__the_next_is_sent_at_once_and_the_former_is_kept_for_the_overlap(cast: make.Cast) -> None:
    connector = connected(cast)
    put(cast)
    put(cast, OTHER, at=make.later())
    assert sent(connector, at=make.later()) == {"Authorization": OTHER}
    assert states(cast, at=make.later()) == [(2, "sent"), (1, "kept")]
    actions.retire_secret(scope=cast.bo, system_name=NAME, name="Authorization", version=2, at=make.later(2))
    assert sent(connector, at=make.later(3)) == {"Authorization": SECRET}, "the former one is taken up again"
    assert sent(connector, at=make.later(60 * 25)) == {}


def test_rotation__without_overlap__the_former_is_forgotten_now(cast: make.Cast) -> None:
    connector = connected(cast)
    first = put(cast)
    put(cast, OTHER, overlap=timedelta(0))
    with in_tenant(cast.tenant.id):
        assert bytes(ConnectorSecret.objects.get(id=first.id).sealed) == b""
    assert sent(connector) == {"Authorization": OTHER}


def test_forget__drops_what_is_sealed_once_the_overlap_is_over(cast: make.Cast) -> None:
    connected(cast)
    first = put(cast)
    put(cast, OTHER)
    forget((AT + timedelta(hours=23)).isoformat())
    with in_tenant(cast.tenant.id):
        assert bytes(ConnectorSecret.objects.get(id=first.id).sealed) != b""
    assert forget((AT + timedelta(hours=25)).isoformat()) >= 1
    with in_tenant(cast.tenant.id):
        assert bytes(ConnectorSecret.objects.get(id=first.id).sealed) == b""
    with pytest.raises(NotAllowed):
        actions.forget_over(scope=cast.bo, at=AT)


def test_retire__second_time_and_what_never_was(cast: make.Cast) -> None:
    connected(cast)
    put(cast)
    with pytest.raises(NotFound, match="no version 7"):
        actions.retire_secret(scope=cast.bo, system_name=NAME, name="Authorization", version=7, at=AT)
    actions.retire_secret(scope=cast.bo, system_name=NAME, name="Authorization", version=1, at=AT)
    with pytest.raises(actions.AlreadySo):
        actions.retire_secret(scope=cast.bo, system_name=NAME, name="Authorization", version=1, at=AT)


@pytest.mark.parametrize("name", ["ada", "uma", "sam", "mel"])
def test_set_and_retire__without_the_right__refused(name: str, cast: make.Cast) -> None:
    connected(cast)
    put(cast)
    scope = getattr(cast, name)
    with pytest.raises(NotAllowed):
        actions.set_secret(scope=scope, system_name=NAME, value=OTHER, at=AT)
    with pytest.raises(NotAllowed):
        actions.retire_secret(scope=scope, system_name=NAME, name="Authorization", version=1, at=AT)


def test_set__two_at_once__two_versions_and_one_in_force(cast: make.Cast) -> None:
    connected(cast)
    at_once([lambda: put(cast, SECRET), lambda: put(cast, OTHER)])
    assert sorted(states(cast)) == [(1, "kept"), (2, "sent")]


@pytest.mark.parametrize(("value", "name"), [("short", ""), (SECRET, "X-Other"), ("with\nnewline-in-it", "")])
def test_set__what_cannot_be_sent__refused(value: str, name: str, cast: make.Cast) -> None:
    connected(cast)
    with pytest.raises(Invalid) as refusal:
        put(cast, value, name=name)
    assert "newline-in" not in str(refusal.value)


def test_program__gets_its_secrets_as_environment_and_never_a_dangerous_one(cast: make.Cast) -> None:
    connector = local(cast)
    put(cast, name="API_KEY")
    put(cast, OTHER, name="OTHER_KEY")
    assert sent(connector) == {"API_KEY": SECRET, "OTHER_KEY": OTHER}
    with pytest.raises(Invalid, match="environment variables"):
        put(cast, name="LD_PRELOAD")


def test_another_key_file__says_so_and_sends_nothing(cast: make.Cast, settings: Any) -> None:
    connector = connected(cast)
    put(cast)
    with in_tenant(cast.tenant.id):
        Connector.objects.get(id=connector.id).secrets.update(sealed=b"gAAAAAnonsense")
    with pytest.raises(calling.SecretUnreadable, match="TARS_SEALING_KEYS") as refusal:
        sent(connector)
    assert SECRET not in str(refusal.value)


def test_nowhere__ledger_database_pages_api_logs_and_what_an_echoing_agent_answers(
    cast: make.Cast, server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """The agent gives back the header that it was sent, in every place where it can."""
    caplog.set_level(logging.DEBUG)
    connector = connected(cast, target=f"{server.url}/clay", api_key_required=True)
    browser = client_of(cast.bo)
    page = browser.post(f"/connectors/{NAME}/secrets/", {"name": "Authorization", "value": SECRET, "overlap_hours": 24})
    assert page.status_code == 302
    body = {"value": OTHER, "name": "Authorization", "overlap_hours": 24}
    answer = browser.post(f"/api/v1/connectors/{NAME}/set_secret/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    shown = [
        page,
        answer,
        browser.post(f"/connectors/{NAME}/secrets/", {"name": "", "value": SECRET, "overlap_hours": -1}),
    ]
    echo = canonical_bytes(
        {
            "tars": 1,
            "output": {"headers": [f"Bearer {OTHER}"], OTHER: 1},
            "is_error": True,
            "error": f"I do not know {OTHER}",
            "suggestions": [f"Use another than {OTHER}"],
            "tool_calls": [{"server": "s", "tool": "t", "success": False, "error": OTHER, "input": {"key": OTHER}}],
        }
    )
    server.answers = [(200, {"content-type": "application/json"}, echo)]
    told: list[str] = []
    reply = calling.call(connector, call(), lambda _percent, said: told.append(said), clock=lambda: AT)
    assert server.got[-1].headers["authorization"] == f"Bearer {OTHER}", "it was really sent"
    server.answers = [(418, {}, OTHER.encode())]
    with pytest.raises(AgentError) as error:
        calling.call(connector, call(), lambda *_: None, clock=lambda: AT)
    opened = calling.open_connector(tenant_id=cast.tenant.id, connector_id=connector.id, at=AT)
    paths = (f"/connectors/{NAME}/", f"/connectors/{NAME}/configure/", "/connectors/", f"/systems/{NAME}/", "/ledger/")
    shown += [browser.get(path) for path in (*paths, f"/api/v1/connectors/{NAME}/", "/api/v1/connectors/")]
    shown.append(browser.post("/exports/connectors/", {"format": "json", "query": ""}))
    shown.append(client_of(cast.tess).get("/admin/routing/connectorsecret/"))
    places = {
        "ledger": whole_ledger(cast),
        "logs": caplog.text,
        "reply": repr(reply),
        "error": f"{error.value!r} {error.value.sentence}",
        "progress": repr(told),
        "repr": repr(opened) + repr(calling.transport_of(opened)),
        "pages": "".join(one.content.decode() for one in shown),
        "database": _dump(cast),
    }
    assert {place: text.count(SECRET) + text.count(OTHER) for place, text in places.items()} == dict.fromkeys(places, 0)
    assert all(one.status_code in (200, 302, 422) for one in shown), [one.status_code for one in shown]


def _dump(cast: make.Cast) -> str:
    """Every row of every table that may hold something of it, as text."""
    tables = (
        "connectors", "connector_secrets", "pinned_tools", "systems", "ledger_entries", "jobs", "notices", "mcp_telemetry_log",
        "idempotency_keys", "django_q_ormq", "django_session", "webhook_deliveries",
    )  # fmt: skip
    found = []
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT convert_to(t::text, 'UTF8') FROM {table} t")
            found += [bytes(row[0]).decode() for row in cursor.fetchall()]
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    text = "".join(found)
    assert SECRET.encode().hex() not in text and OTHER.encode().hex() not in text
    return text
