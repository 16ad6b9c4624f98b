"""What surrounds every answer: cookies, frames, hosts, where sign-in leads, sessions that are not carried over, large bodies."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from governance.identity.models import User
from tests import factories as make
from tests.flows.amendments import scenes
from tests.web import client_of

MEGABYTE = 1024 * 1024
LARGE = 10 * MEGABYTE


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


def sign_in(client: Client, user: User, **fields: str) -> Any:
    return client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD, **fields})


def test_session__made_before_signing_in__is_not_the_one_after() -> None:
    client, user = Client(), make.user("ada")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert sign_in(client, user).status_code == 302
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert stale.get("/accounts/").status_code == 302


def test_session__signed_out__its_cookie_opens_nothing() -> None:
    client, user = Client(), make.user("ada")
    sign_in(client, user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = key
    assert stale.get("/accounts/").status_code == 302


def test_cookies__are_for_the_browser_alone_and_for_this_site() -> None:
    client = Client()
    sign_in(client, make.user("ada"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["domain"]


def test_cookies__behind_https__are_never_sent_without_it() -> None:
    """In a process of its own: the settings follow from the public address."""
    names = (
        "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS ALLAUTH_TRUSTED_PROXY_COUNT"
    )
    code = f"from tarsweb import settings; print(all(getattr(settings, name) for name in {names.split()!r}))"
    env = {**_environment(), "TARS_PUBLIC_URL": "https://tars.example"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/", "/inbox/", "/admin/", "/healthz", "/nothing/"])
def test_every_answer__may_not_be_framed_and_runs_only_our_scripts(path: str) -> None:
    response = client_of(make.cast().tess).get(path)
    policy = response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY" and "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff" and response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "\x00//x",
    ],
)
def test_sign_in__leads_nowhere_else(target: str) -> None:
    client, user = Client(), make.user("ada")
    response = sign_in(client, user, next=target)
    assert response.status_code == 302 and response["Location"] == "/"
    out = client.post("/accounts/logout/", {"next": target})
    assert "evil" not in out["Location"] and "javascript" not in out["Location"]


def test_sign_in__leads_back_to_where_one_was() -> None:
    assert sign_in(Client(), make.user("ada"), next="/inbox/?tab=team")["Location"] == "/inbox/?tab=team"


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "testserver@evil.example"])
def test_host_that_is_not_ours__refused(host: str) -> None:
    response = Client().get("/accounts/login/", headers={"host": host})
    assert response.status_code == 400 and "evil" not in response.content.decode()


def test_forwarded_host__is_not_believed() -> None:
    page = Client().get("/accounts/password/reset/", headers={"x-forwarded-host": "evil.example"})
    assert "evil" not in page.content.decode()


# -- large bodies: refused with a sentence, nothing done

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def test_large_body__on_a_page__refused_and_nothing_done() -> None:
    cast = make.cast()
    proposal = scenes.proposed(cast)
    body = f"digest={make.digest_of(cast.cy, proposal)}&confirm={make.PASSWORD}&note=" + "x" * LARGE
    response = client_of(cast.cy).post(scenes.address(proposal, "approve"), body, content_type=FORM)
    assert response.status_code in {400, 413} and "too large" in response.content.decode()
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_large_body__to_the_api__is_a_problem_and_nothing_done() -> None:
    cast = make.cast()
    proposal = scenes.proposed(cast)
    body = json.dumps({"digest": make.digest_of(cast.cy, proposal), "password": make.PASSWORD, "note": "x" * LARGE})
    path = f"/api/v1/amendments/{proposal.label}/approve"
    response = client_of(cast.cy).post(path, body, content_type=JSON)
    assert response.status_code in {400, 413} and response["Content-Type"] == "application/problem+json"
    assert "6 MB" in response.json()["detail"]
    assert make.state_of(cast.bo, proposal) == "proposed"


@pytest.mark.parametrize("path", ["/admin/governance/system/", "/accounts/login/", "/accounts/"])
def test_large_body__elsewhere__refused_with_a_sentence(path: str) -> None:
    client = client_of(make.cast().tess)
    response = client.post(path, "a=" + "x" * LARGE, content_type=FORM)
    assert response.status_code in {400, 413} and "Nothing was changed" in response.content.decode()


def test_many_fields__refused_with_a_sentence() -> None:
    response = client_of(make.cast().tess).post(
        "/accounts/", "&".join(f"a{n}=1" for n in range(5000)), content_type=FORM
    )
    assert response.status_code == 400 and "Nothing was changed" in response.content.decode()
