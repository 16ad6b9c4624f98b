"""From the invitation to the first sign-in, and every way it can go wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from governance.identity.actions import invite
from governance.identity.models import Invitation, Membership, User
from governance.identity.queries import scope_for
from governance.scope import Role, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

LINK = re.compile(r"/invitations/[\w-]{43}/")
CHOSEN = {"name": "Nova Reed", "password": "seven blue elephants dance", "again": "seven blue elephants dance"}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def _address() -> str:
    return make.user("seed").email.replace("seed", "new")


def _invited(cast: make.Cast, email: str, **options: Any) -> str:
    """The path of a fresh invitation's link."""
    wishes = {"roles": [Role.OPERATOR], "at": timezone.now(), **options}
    return f"/invitations/{invite(scope=cast.tess, email=email, **wishes).secret}/"


def test_story__invited_by_mail__chooses_a_password_and_works(cast: make.Cast) -> None:
    email = _address()
    answer = client_of(cast.tess).post("/people/invitations/", {"email": email, "roles": ["operator"]}, follow=True)
    assert f"on its way to {email}" in answer.content.decode() and email in answer.content.decode()
    (letter,) = mail.outbox
    assert letter.to == [email] and "Operator" in letter.body
    assert not LINK.search(answer.content.decode()), "a mailed link is nowhere else"
    found = LINK.search(letter.body)
    assert found is not None
    browser = Client()
    page = browser.get(found[0])
    assert page.status_code == 200 and "Join OMS Consulting" in page.content.decode()
    # A stricter policy than same-origin makes browsers send "Origin: null", which no form survives.
    assert page["Cache-Control"] == "no-store" and page["Referrer-Policy"] == "same-origin"
    assert browser.post(found[0], {**CHOSEN, "again": "x"}).status_code == 422
    assert browser.post(found[0], {**CHOSEN, "password": "short", "again": "short"}).status_code == 422
    welcome = browser.post(found[0], CHOSEN, follow=True)
    assert "Welcome to OMS Consulting" in welcome.content.decode()
    assert browser.get("/inbox/").status_code == 200, "signed in, at the desk"
    user = User.objects.get(email=email)
    assert user.name == "Nova Reed" and user.check_password(CHOSEN["password"])
    over = Client().get(found[0])
    assert over.status_code == 410 and "accepted already" in over.content.decode()


def test_story__no_mail_leaves_the_machine__the_link_is_shown_once(cast: make.Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    answer = client_of(cast.tess).post("/people/invitations/", {"email": _address(), "roles": ["auditor"]})
    assert answer.status_code == 200 and "Copy this link" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    link = LINK.search(answer.content.decode())
    assert link is not None and Client().get(link[0]).status_code == 200
    assert not LINK.search(client_of(cast.tess).get("/people/").content.decode())


def test_existing_person__signs_in_first_and_joins_with_one_click(cast: make.Cast) -> None:
    person, away = make.seated(tenant=make.tenant(name="Away"), name="pat", roles=[Role.ADMIN])
    link = _invited(cast, person.email)
    text = Client().get(link).content.decode()
    assert "Sign in first" in text and "/accounts/login/?next=" in text and "password" not in text
    Client().post(link, CHOSEN)
    person.refresh_from_db()
    assert person.check_password(make.PASSWORD), "a link never sets the password of an account"
    browser = client_of(away)
    assert "Accept and join" in browser.get(link).content.decode()
    assert "Welcome to OMS Consulting" in browser.post(link, follow=True).content.decode()
    assert scope_for(user=person, tenant_id=cast.tenant.id) is not None


def test_somebody_else__signed_in__is_told_whose_it_is(cast: make.Cast) -> None:
    link = _invited(cast, _address())
    for client in (client_of(cast.bo), client_of(make.stranger())):
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code == 403 and "This invitation is for" in answer.content.decode()
    assert Client().get(link).status_code == 200


def test_link__unknown_expired_or_revoked__says_so(cast: make.Cast) -> None:
    old = _invited(cast, _address(), at=timezone.now() - timedelta(days=8))
    revoked = _invited(cast, _address())
    with in_tenant(cast.tenant.id):
        row = Invitation.objects.order_by("-id").first()
    assert row is not None
    assert client_of(cast.bo).post(f"/people/invitations/{row.id}/revoke/").status_code == 403
    assert client_of(make.stranger()).post(f"/people/invitations/{row.id}/revoke/").status_code == 404
    assert client_of(cast.tess).post(f"/people/invitations/{row.id}/revoke/").status_code == 302
    for link, status, words in (
        ("/invitations/nonsense/", 404, "There is no such invitation"),
        (old, 410, "has expired"),
        (revoked, 410, "taken back"),
    ):
        for answer in (Client().get(link), Client().post(link, CHOSEN)):
            assert answer.status_code == status and words in answer.content.decode()


def test_resend__makes_the_old_link_useless(cast: make.Cast) -> None:
    old = _invited(cast, _address())
    with in_tenant(cast.tenant.id):
        row = Invitation.objects.get()
    answer = client_of(cast.tess).post(f"/people/invitations/{row.id}/resend/", follow=True)
    assert "on its way" in answer.content.decode()
    new = LINK.search(mail.outbox[-1].body)
    assert new is not None and new[0] != old
    assert Client().get(old).status_code == 410 and Client().get(new[0]).status_code == 200


def test_seats__full__say_so_when_inviting_and_when_accepting() -> None:
    home = make.tenant(max_users=2)
    _, tess = make.seated(tenant=home, name="tess", roles=[Role.ADMIN])
    link = f"/invitations/{invite(scope=tess, email=_address(), roles=[Role.AUDITOR], at=timezone.now()).secret}/"
    answer = client_of(tess).post("/people/invitations/", {"email": _address(), "roles": ["auditor"]})
    assert answer.status_code == 409 and "allows 2 people and all seats are taken" in answer.content.decode()
    with in_tenant(home.id):
        from tests.db.tenants.catalogue import run

        run("UPDATE tenants SET max_users = 1")
    answer = Client().post(link, CHOSEN)
    assert answer.status_code == 409 and "allows 1 people" in answer.content.decode()
    with in_tenant(home.id):
        assert Membership.objects.count() == 1


def test_invite__wrong_role_or_mistyped__refused(cast: make.Cast) -> None:
    asked = {"email": _address(), "roles": ["operator"]}
    assert client_of(cast.bo).post("/people/invitations/", asked).status_code == 403
    for wrong in ({"email": "nobody"}, {"roles": []}):
        assert client_of(cast.tess).post("/people/invitations/", {**asked, **wrong}).status_code == 422
    twice = [client_of(cast.tess).post("/people/invitations/", asked).status_code for _ in range(2)]
    assert twice == [302, 409]


def test_closed_tenant__its_links_open_nothing(cast: make.Cast) -> None:
    from governance.tenants.actions import deactivate

    link = _invited(cast, _address())
    deactivate(scope=tars_scope(cast.tenant.id), reason="Unpaid.", at=timezone.now())
    assert Client().get(link).status_code == 404
