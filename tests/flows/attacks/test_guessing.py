"""Guessing passwords and codes: limited within ten tries, said clearly, and nobody else is locked out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests import factories as make
from tests.flows.amendments import scenes
from tests.passkeys import code_of, with_codes
from tests.web import client_of

TRIES, LIMIT = 100, 10


@pytest.fixture(autouse=True)
def fresh_limits() -> Any:
    cache.clear()
    yield
    cache.clear()


def tries(send: Any, *, times: int = TRIES) -> list[Any]:
    return [send(number) for number in range(times)]


def limited_after(responses: list[Any], *, status: int = 429) -> int:
    """How many were listened to before the first that was not; every later one is limited too."""
    found = [response.status_code for response in responses]
    first = found.index(status)
    assert set(found[first:]) == {status}
    return first


def test_password__a_hundred_wrong_ones__limited_within_ten_with_a_clear_page() -> None:
    user = make.user("ada")
    client = Client()
    sent = tries(lambda number: client.post("/accounts/login/", {"login": user.email, "password": f"wrong {number}"}))
    assert limited_after(sent) <= LIMIT
    page = sent[-1].content.decode()
    assert "Too many tries" in page and "Wait five minutes" in page
    right = client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    assert right.status_code == 429, "the right one is not listened to either"
    elsewhere = client.post(
        "/accounts/login/", {"login": make.user("bo").email, "password": make.PASSWORD}, REMOTE_ADDR="198.51.100.7"
    )
    assert elsewhere.status_code == 302, "somebody else, somewhere else"


def test_password__from_many_addresses__the_account_is_limited() -> None:
    user, client = make.user("ada"), Client()
    sent = tries(
        lambda number: client.post(
            "/accounts/login/", {"login": user.email.upper(), "password": "wrong"}, REMOTE_ADDR=f"198.51.100.{number}"
        )
    )
    assert limited_after(sent) <= LIMIT


def test_passwords__of_many_people_from_one_address__limited() -> None:
    client = Client()
    sent = tries(
        lambda number: client.post("/accounts/login/", {"login": f"p{number}@example.org", "password": "wrong"})
    )
    assert limited_after(sent) <= LIMIT


def test_second_step__a_hundred_wrong_codes__limited() -> None:
    user = make.user("ada")
    secret = with_codes(user)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    pages = tries(lambda number: client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}))
    assert all(page.status_code in {200, 302, 429} for page in pages)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get("/accounts/").status_code == 302, "not even the right one, for now"


def test_deciding__wrong_passwords__limited_and_nothing_decided() -> None:
    cast = make.cast()
    proposal, client = scenes.proposed(cast), client_of(cast.cy)
    sent = tries(lambda number: scenes.answer(client, cast.cy, proposal, password=f"wrong {number}"), times=LIMIT + 2)
    first = next(number for number, page in enumerate(sent) if "Too many tries" in page.content.decode())
    assert first <= LIMIT and "Too many tries" in sent[-1].content.decode()
    assert scenes.answer(client, cast.cy, proposal).status_code == 403
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_reset_by_mail__asked_a_hundred_times__limited() -> None:
    user, client = make.user("ada"), Client()
    sent = tries(lambda number: client.post("/accounts/password/reset/", {"email": user.email}))
    assert [page.status_code for page in sent].count(302) <= LIMIT
    assert sent[-1].status_code == 429
