"""Your account: name and zone, one-time codes, recovery codes, devices, and the password by mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from governance.identity.models import User
from tests import factories as make
from tests.flows.amendments import scenes
from tests.passkeys import Passkey, code_of, with_codes
from tests.web import client_of


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def signed_in(user: User, *, password: str = make.PASSWORD) -> Client:
    client = Client()
    response = client.post("/accounts/login/", {"login": user.email, "password": password})
    assert response.status_code == 302, response.content.decode()
    return client


def trusted(client: Client) -> Client:
    """Confirmed just now, as before a change of factors."""
    assert client.post("/accounts/reauthenticate/", {"password": make.PASSWORD}).status_code == 302
    return client


def text(response: Any) -> str:
    return response.content.decode()


def test_page__shows_every_way_in_and_saves_name_and_zone(cast: make.Cast) -> None:
    client = client_of(cast.ada)
    page = text(client.get("/accounts/"))
    for words in (
        "Passkeys",
        "One-time codes",
        "Recovery codes",
        "Password",
        "Devices",
        "your <strong>password</strong>",
    ):
        assert words in page
    assert client.post("/accounts/", {"name": "Ada L.", "time_zone": "Asia/Tokyo"}).status_code == 302
    user = User.objects.get(id=cast.users["ada"].id)
    assert (user.name, user.time_zone) == ("Ada L.", "Asia/Tokyo")
    for wrong in ({"name": "", "time_zone": "UTC"}, {"name": "A", "time_zone": "Mars/Base"}, {"name": "A\x00"}):
        assert client.post("/accounts/", wrong).status_code == 422
    assert Client().get("/accounts/").status_code == 302


def test_times__are_in_the_persons_zone_with_utc_at_hand(cast: make.Cast) -> None:
    at = datetime(2026, 9, 9, 22, 30, tzinfo=UTC)
    proposal = make.applied(cast, at=at)
    User.objects.filter(id=cast.users["uma"].id).update(time_zone="Asia/Tokyo")
    page = text(client_of(cast.uma).get(scenes.address(proposal)))
    assert re.search(
        r'<time datetime="2026-09-09T22:30:00[^"]*" title="[^"]*22:30[^"]*UTC[^"]*">[^<]*10 Sep 2026, 07:30', page
    )


def test_codes__set_up_signing_in_asks_for_one_and_counts_it_once(cast: make.Cast) -> None:
    user = cast.users["cy"]
    client = trusted(signed_in(user))
    page = text(client.get("/accounts/2fa/totp/activate/"))
    assert 'src="data:image/svg+xml' in page
    secret = re.search(r'value="([A-Z2-7]{32})"', page)[1]  # type: ignore[index]
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 302
    kept = Authenticator.objects.get(user=user, type="totp")
    assert secret not in str(kept.data), "sealed at rest"
    assert [sent.subject for sent in mail.outbox[-1:]] == ["TARS: One-time codes were turned on for your account"]
    assert settings.PUBLIC_URL in mail.outbox[-1].body and mail.outbox[-1].to == [user.email]

    codes = re.findall(r"<li>(\d{8})</li>", text(client.get("/accounts/2fa/recovery-codes/")))
    assert len(codes) == 10
    assert codes == client.get("/accounts/2fa/recovery-codes/download/").content.decode().split()

    cache.clear()
    other = Client()
    other.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    assert other.get("/").status_code == 302 and "Second step" in text(other.get("/accounts/2fa/authenticate/"))
    code = code_of(secret)
    assert other.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert other.get("/").status_code == 200
    third = Client()
    third.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    assert third.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200, "used"
    assert third.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302

    trusted(client)
    assert client.post("/accounts/2fa/recovery-codes/generate/").status_code == 302
    assert not set(codes) & set(re.findall(r"<li>(\d{8})</li>", text(client.get("/accounts/2fa/recovery-codes/"))))


def test_factors__change_only_after_confirming_again(cast: make.Cast) -> None:
    client = signed_in(cast.users["cy"])
    for path in ("totp/activate/", "webauthn/add/", "recovery-codes/generate/"):
        response = client.get(f"/accounts/2fa/{path}")
        assert response.status_code == 302 and "reauthenticate" in response["Location"]
    page = text(client.get("/accounts/reauthenticate/"))
    assert "Confirm it is you" in page


def test_passkeys__are_listed_renamed_and_removed(cast: make.Cast) -> None:
    user = cast.users["cy"]
    row, other = Passkey().registered(user), Passkey().registered(make.user("zoe"), name="Zoe's")
    client = trusted(signed_in_with_recovery(user))
    assert "Laptop" in text(client.get("/accounts/2fa/webauthn/"))
    client.post(f"/accounts/2fa/webauthn/keys/{row.pk}/edit/", {"name": "<b>Phone</b>"})
    page = text(client.get("/accounts/2fa/webauthn/"))
    assert "&lt;b&gt;Phone&lt;/b&gt;" in page and "<b>Phone</b>" not in page
    assert client.get(f"/accounts/2fa/webauthn/keys/{other.pk}/edit/").status_code == 404
    assert client.post(f"/accounts/2fa/webauthn/keys/{other.pk}/remove/").status_code == 404
    assert client.post(f"/accounts/2fa/webauthn/keys/{row.pk}/remove/").status_code == 302
    assert not Authenticator.objects.filter(pk=row.pk).exists()


def signed_in_with_recovery(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_devices__the_others_are_signed_out(cast: make.Cast) -> None:
    user = cast.users["cy"]
    here, there = signed_in(user), signed_in(user)
    page = text(here.get("/accounts/sessions/"))
    assert "this one" in page and "Sign out all the others" in page
    assert here.post("/accounts/sessions/").status_code == 302
    assert there.get("/inbox/").status_code == 302, "asked to sign in again"
    assert here.get("/inbox/").status_code == 200


def test_password__forgotten__comes_back_by_mail_once(cast: make.Cast) -> None:
    user, there = cast.users["cy"], signed_in(cast.users["cy"])
    mail.outbox.clear()
    assert Client().post("/accounts/password/reset/", {"email": user.email}).status_code == 302
    sent = mail.outbox[0]
    assert sent.subject == "TARS: Choose a new password" and "works once" in sent.body
    link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", sent.body)[0]  # type: ignore[index]
    assert link.startswith(settings.PUBLIC_URL)
    client = Client()
    form = client.get(link.removeprefix(settings.PUBLIC_URL), follow=True)
    new = {"password1": "orbital tangerine lantern", "password2": "orbital tangerine lantern"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    assert there.get("/inbox/").status_code == 302, "every device is signed out"
    signed_in(user, password="orbital tangerine lantern")
    assert "This link no longer works" in text(Client().get(link.removeprefix(settings.PUBLIC_URL), follow=True))


def test_password__forgotten_by_a_stranger__says_the_same_and_mails_nobody() -> None:
    mail.outbox.clear()
    response = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert "Look into your mail" in text(response) and mail.outbox == []


@override_settings(ALLOWED_HOSTS=["*"])
def test_password__a_forged_host__does_not_reach_the_link(cast: make.Cast) -> None:
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": cast.users["cy"].email}, headers={"host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body and settings.PUBLIC_URL in mail.outbox[0].body


def test_admin__stands_behind_the_same_sign_in_with_its_second_step(cast: make.Cast) -> None:
    with_codes(cast.users["tess"])
    client = Client()
    door = client.get("/admin/login/?next=/admin/")
    assert door.status_code == 302 and door["Location"].startswith("/accounts/login/")
    client.post("/accounts/login/", {"login": cast.users["tess"].email, "password": make.PASSWORD})
    assert client.get("/admin/").status_code == 302, "the password alone opens nothing"


def test_leaving__membership_ends__the_open_session_sees_the_tenant_no_more(cast: make.Cast) -> None:
    from governance.identity.actions import remove_member

    client = client_of(cast.cy)
    assert client.get("/inbox/").status_code == 200
    remove_member(scope=cast.tess, user=cast.users["cy"], reason="Left the company.", at=make.later())
    assert client.get("/inbox/").status_code == 403


def test_deactivated__open_sessions_end_and_no_new_one_begins(cast: make.Cast) -> None:
    user = cast.users["cy"]
    client = signed_in(user)
    User.objects.filter(id=user.id).update(is_active=False)
    assert client.get("/inbox/").status_code == 302
    assert client.get("/api/v1/amendments/").status_code in {401, 403}
    refused = Client().post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    assert refused.status_code == 200 or "inactive" in refused["Location"]


def test_signing_up__nobody_alone() -> None:
    page = Client().get("/accounts/signup/")
    assert "By invitation" in text(page)
    Client().post(
        "/accounts/signup/", {"email": "new@example.org", "password1": make.PASSWORD, "password2": make.PASSWORD}
    )
    assert not User.objects.filter(email="new@example.org").exists()
