"""Webhooks are managed by who manages programs; the ledger says so, and no secret lies about."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.outbound import AddressRefused
from governance.tenancy import in_tenant
from governance.webhooks import actions
from governance.webhooks.models import Webhook, WebhookDelivery
from tests import factories as make

AT = make.AT
URL = "https://hooks.example.com/in/t0ken"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def added(scope: make.Scope, **changed: Any) -> tuple[Webhook, str]:
    values: dict[str, Any] = {"name": "CI", "url": URL, "events": ["amendment.applied"], **changed}
    return actions.add_webhook(scope=scope, at=AT, **values)


def entries(cast: make.Cast) -> list[LedgerEntry]:
    with in_tenant(cast.tenant.id):
        return list(LedgerEntry.objects.filter(action_name__startswith="webhooks.").order_by("sequence"))


def test_add__secret_is_given_once_and_kept_sealed(cast: make.Cast) -> None:
    webhook, secret = added(cast.tess)
    assert secret.startswith("whsec_") and len(secret) > 40
    assert secret.encode() not in bytes(webhook.sealed_secret)
    assert actions.secret_of(webhook) == secret
    entry = entries(cast)[0]
    assert entry.action_name == "webhooks.add"
    said = bytes(entry.openings).decode()
    assert "hooks.example.com" in said and "t0ken" not in said and secret not in said


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"url": "https://127.0.0.1/"}, AddressRefused),
        ({"url": "http://hooks.example.com/"}, AddressRefused),
        ({"name": " "}, Invalid),
        ({"name": "x" * 101}, Invalid),
        ({"events": ["amendment.exploded"]}, Invalid),
    ],
)
def test_add__what_cannot_be__refused(changed: dict[str, Any], error: type[Exception], cast: make.Cast) -> None:
    with pytest.raises(error):
        added(cast.tess, **changed)


def test_add__one_too_many__refused(cast: make.Cast) -> None:
    for number in range(actions.MOST):
        added(cast.tess, name=str(number))
    with pytest.raises(actions.TooMany, match="up to 20"):
        added(cast.tess)


def test_add__wrong_role__refused_and_recorded(cast: make.Cast) -> None:
    for scope in (cast.ada, cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            added(scope)
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal", action_name="webhooks.add").count() == 3


def test_change__off_and_on_again(cast: make.Cast) -> None:
    webhook, _ = added(cast.sam)
    values: dict[str, Any] = {"webhook_id": webhook.id, "name": "CI 2", "url": URL, "events": [], "at": AT}
    off = actions.change_webhook(scope=cast.bo, is_enabled=False, **values)
    assert (off.name, off.disabled_at, off.events) == ("CI 2", AT, [])
    with pytest.raises(actions.IsDisabled):
        actions.send_test(scope=cast.bo, webhook_id=webhook.id, at=AT)
    on = actions.change_webhook(scope=cast.bo, is_enabled=True, **values | {"at": make.later()})
    assert (on.disabled_at, on.disabled_because, on.enabled_at) == (None, "", make.later())
    assert [entry.action_name for entry in entries(cast)] == ["webhooks.add", "webhooks.change", "webhooks.change"]


def test_rotate__old_secret_signs_nothing_any_more(cast: make.Cast) -> None:
    webhook, before = added(cast.tess)
    again, secret = actions.rotate_secret(scope=cast.tess, webhook_id=webhook.id, at=AT)
    assert secret != before
    assert actions.secret_of(again) == secret


def test_remove__forgets_the_secret_and_keeps_the_log(cast: make.Cast) -> None:
    webhook, _ = added(cast.tess)
    actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    actions.remove_webhook(scope=cast.tess, webhook_id=webhook.id, at=AT)
    with in_tenant(cast.tenant.id):
        assert bytes(Webhook.objects.get(id=webhook.id).sealed_secret) == b""
        assert WebhookDelivery.objects.filter(webhook=webhook).count() == 1
    with pytest.raises(NotFound):
        actions.remove_webhook(scope=cast.tess, webhook_id=webhook.id, at=AT)


def test_stranger_and_nobodys_id__not_found(cast: make.Cast) -> None:
    webhook, _ = added(cast.tess)
    delivery = actions.send_test(scope=cast.tess, webhook_id=webhook.id, at=AT)
    mallory = make.stranger()
    for verb in (actions.rotate_secret, actions.remove_webhook, actions.send_test):
        for scope, id in ((mallory, webhook.id), (cast.tess, uuid4())):
            with pytest.raises(NotFound):
                verb(scope=scope, webhook_id=id, at=AT)
    with pytest.raises(NotFound):
        actions.send_again(scope=mallory, delivery_id=delivery.id, at=AT)
    with pytest.raises(NotFound):
        actions.change_webhook(
            scope=mallory, webhook_id=webhook.id, name="x", url=URL, events=[], is_enabled=True, at=AT
        )
