"""Approving with each factor, through the page and the API: the strongest one is asked for, and each answer counts once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.test import Client

from governance.audit.queries import verified
from governance.identity import passkey_challenge
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments import scenes
from tests.passkeys import HOST, Passkey, code_of, with_codes
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def challenge(client: Client) -> Any:
    response = client.post("/accounts/passkey-challenge/", headers={"host": HOST})
    assert response.status_code == 200
    return response.json()


def decide(client: Client, cast: make.Cast, proposal: Any, *, confirm: str) -> Any:
    data = {"digest": make.digest_of(cast.cy, proposal), "confirm": confirm, "note": ""}
    return client.post(scenes.address(proposal, "approve"), data, headers={"host": HOST})


def test_passkey__signs_the_challenge__the_record_says_so_and_verifies(cast: make.Cast) -> None:
    key, client, proposal = Passkey(), client_of(cast.cy), scenes.proposed(cast)
    key.registered(cast.users["cy"])
    assert decide(client, cast, proposal, confirm=key.answer(challenge(client))).status_code == 302
    assert make.state_of(cast.bo, proposal) == "applied"
    page = client_of(cast.ada).get(scenes.address(proposal)).content.decode()
    assert "confirmed by passkey" in page
    with in_tenant(cast.tenant.id):
        assert verified(cast.uma).is_verified


def test_passkey__password_and_code_do_not_count(cast: make.Cast) -> None:
    Passkey().registered(cast.users["cy"])
    client, proposal = client_of(cast.cy), scenes.proposed(cast)
    for answer in (make.PASSWORD, "123456", "", "{}", "{", '{"id": 1}', "[1]", '{"rawId": []}'):
        assert decide(client, cast, proposal, confirm=answer).status_code == 403
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_passkey__an_answer_sent_twice__counts_once(cast: make.Cast) -> None:
    key, client = Passkey(), client_of(cast.cy)
    key.registered(cast.users["cy"])
    first, second = scenes.proposed(cast), scenes.proposed(cast, fallback_delay_ms=300)
    answer = key.answer(challenge(client))
    before = dict(client.session)
    assert decide(client, cast, first, confirm=answer).status_code == 302
    assert decide(client, cast, second, confirm=answer).status_code == 403
    session = client.session
    session.update(before)  # a request that read the session before the first one saved it
    session.save()
    assert decide(client, cast, second, confirm=answer).status_code == 403
    assert make.state_of(cast.bo, second) == "proposed"


@pytest.mark.parametrize("fault", ["other session", "other person", "too old", "other origin", "other key", "bent"])
def test_passkey__not_this_challenge_of_this_session__refused(cast: make.Cast, fault: str) -> None:
    key, client, proposal = Passkey(), client_of(cast.cy), scenes.proposed(cast)
    key.registered(cast.users["cy"])
    options = challenge(client_of(cast.cy) if fault == "other session" else client)
    if fault == "other session":
        challenge(client)
    answer = key.answer(options, origin="https://evil.example" if fault == "other origin" else "http://localhost")
    if fault == "other key":
        answer = Passkey().answer(options)
    if fault == "bent":
        answer = key.answer(options, signature="AAAA")
    if fault == "other person":
        session = client.session
        session["confirm.challenge"] = {**session["confirm.challenge"], "user": str(cast.users["bo"].id)}
        session.save()
    age = timedelta(seconds=-1) if fault == "too old" else passkey_challenge.GOOD_FOR
    with patch.object(passkey_challenge, "GOOD_FOR", age):
        assert decide(client, cast, proposal, confirm=answer).status_code == 403
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_passkey_person_with_codes__may_type_one__the_device_is_not_at_hand(cast: make.Cast) -> None:
    Passkey().registered(cast.users["cy"])
    secret = with_codes(cast.users["cy"])
    client, proposal = client_of(cast.cy), scenes.proposed(cast)
    page = client.get(scenes.address(proposal)).content.decode()
    assert 'data-passkey="/accounts/passkey-challenge/"' in page and "One-time code" in page
    assert decide(client, cast, proposal, confirm=code_of(secret)).status_code == 302
    assert "confirmed by one-time code" in client.get(scenes.address(proposal)).content.decode()


def test_passkey_only_person__without_scripts__is_told_what_to_do(cast: make.Cast) -> None:
    Passkey().registered(cast.users["cy"])
    client, proposal = client_of(cast.cy), scenes.proposed(cast)
    page = client.get(scenes.address(proposal)).content.decode()
    assert "which needs JavaScript" in page and 'href="/accounts/"' in page
    refused = decide(client, cast, proposal, confirm="")
    assert refused.status_code == 403 and "set up one-time codes" in refused.content.decode()


def test_code__used_for_one_decision__refused_for_the_next(cast: make.Cast) -> None:
    secret = with_codes(cast.users["cy"])
    first, second = scenes.proposed(cast), scenes.proposed(cast, fallback_delay_ms=300)
    code, client = code_of(secret), client_of(cast.cy)
    assert decide(client, cast, first, confirm=code).status_code == 302
    assert decide(client, cast, second, confirm=code).status_code == 403
    assert decide(client, cast, second, confirm=f"{code[:3]} {code[3:]}").status_code == 403
    assert make.state_of(cast.bo, second) == "proposed"


def test_recovery_code__where_a_code_is_asked__counts_once_and_is_named(cast: make.Cast) -> None:
    user = cast.users["cy"]
    with_codes(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    first, second = scenes.proposed(cast), scenes.proposed(cast, fallback_delay_ms=300)
    client = client_of(cast.cy)
    assert decide(client, cast, first, confirm=code).status_code == 302
    assert "confirmed by recovery code" in client.get(scenes.address(first)).content.decode()
    assert decide(client, cast, second, confirm=code).status_code == 403
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    assert code not in RecoveryCodes(kept).get_unused_codes()


def test_nobody_can_confirm_with_nothing__is_told_where_to_go(cast: make.Cast) -> None:
    user, client, proposal = cast.users["cy"], client_of(cast.cy), scenes.proposed(cast)
    type(user).objects.filter(id=user.id).update(password="!unusable")
    client = client_of(cast.cy)
    assert "You have nothing to confirm with yet." in client.get(scenes.address(proposal)).content.decode()
    refused = decide(client, cast, proposal, confirm="anything")
    assert refused.status_code == 403 and "Add a passkey" in refused.content.decode()


def test_challenge__anonymous_or_by_get__refused(cast: make.Cast) -> None:
    assert Client().post("/accounts/passkey-challenge/").status_code == 403
    assert client_of(cast.cy).get("/accounts/passkey-challenge/").status_code == 405


# -- the API


def api(client: Client, number: int, verb: str, **body: Any) -> Any:
    path = f"/api/v1/amendments/AMD-{number}/{verb}"
    return client.post(path, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        ("approve", "/amendments/AMD-1/#decide"),
        ("reject", "/amendments/AMD-1/#decide"),
        ("request_changes", "/amendments/AMD-1/#decide"),
        ("roll_back", "/amendments/AMD-1/roll-back/"),
        ("approve_roll_back", "/amendments/AMD-1/#second"),
    ],
)
def test_api__without_a_password__says_where_the_person_confirms(cast: make.Cast, verb: str, place: str) -> None:
    proposal = scenes.proposed(cast)
    response = api(client_of(cast.cy), proposal.number, verb, digest=make.digest_of(cast.cy, proposal))
    problem = response.json()
    assert (response.status_code, problem["code"]) == (403, "not_confirmed")
    assert problem["link"] == f"{settings.PUBLIC_URL}{place}" and problem["link"] in problem["detail"]


def test_api__somebody_with_a_passkey__a_password_does_not_help(cast: make.Cast) -> None:
    Passkey().registered(cast.users["cy"])
    proposal = scenes.proposed(cast)
    body = {"digest": make.digest_of(cast.cy, proposal), "password": make.PASSWORD}
    response = api(client_of(cast.cy), proposal.number, "approve", **body)
    assert response.status_code == 403 and response.json()["link"].endswith("#decide")
    assert make.state_of(cast.bo, proposal) == "proposed"
