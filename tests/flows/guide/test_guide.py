"""The first run: what is left to try, and the path through one decision."""

from __future__ import annotations

import re

import pytest

from governance.identity.models import Invitation
from governance.tenancy import in_tenant
from governance.webhooks.actions import add_webhook
from tests import factories as make
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def items(scope: make.Scope) -> dict[str, bool]:
    """The checklist's lines, and whether they are ticked."""
    text = client_of(scope).get("/").content.decode().partition('id="_checklist"')[2].partition("</section>")[0]
    found = re.findall(r'aria-label="(Done:|To do:)".*?<a href="[^"]+">([^<]+)</a>', text, re.DOTALL)
    return {title: mark == "Done:" for mark, title in found}


def test_checklist__follows_the_roles(cast: make.Cast) -> None:
    assert "Invite somebody" in items(cast.tess) and "Connect a program" in items(cast.tess)
    assert set(items(cast.uma)) == {"Read a change", "Verify the record", "Set up a second factor"}
    assert "Decide one" in items(cast.ada) and "Connect a program" not in items(cast.ada)
    assert items(cast.mel) == {}


def test_checklist__ticks_what_was_really_done(cast: make.Cast) -> None:
    assert not any(items(cast.bo).values())
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=300))
    add_webhook(scope=cast.tess, name="CI", url="https://ci.example.com/", events=[], at=make.AT)
    with in_tenant(cast.tenant.id):
        Invitation.objects.create(
            id=cast.tenant.id, tenant_id=cast.tenant.id, email="x@example.org", roles=["operator"], secret_hash=b"x" * 32,
            invited_by=cast.tess.actor.name, created_at=make.AT, expires_at=make.later(),
        )  # fmt: skip
    assert items(cast.bo)["Roll one back, or see how"]
    assert items(cast.cy)["Decide one"]
    assert items(cast.tess)["Invite somebody"] and items(cast.tess)["Connect a program"]


def test_checklist__hidden_for_this_person_until_help_shows_it(cast: make.Cast) -> None:
    client = client_of(cast.ada)
    assert client.post("/guide/hide/").status_code == 302
    assert items(cast.ada) == {}
    assert items(cast.bo) != {}, "others keep theirs"
    assert "Show the first steps" in client.get("/help/").content.decode()
    client.post("/guide/show/")
    assert items(cast.ada) != {}


def test_path__leads_through_the_product_with_a_banner(cast: make.Cast) -> None:
    make.applied(cast, fallback_delay_ms=300)
    waiting = make.proposed(cast, fallback_delay_ms=400)
    client = client_of(cast.cy)
    assert "Begin" in client.get("/guide/").content.decode()
    expected = [
        "/inbox/", f"/amendments/{waiting.label}/", f"/amendments/{waiting.label}/#decide", "/systems/clay-consigliere/",
        "/amendments/AMD-1/roll-back/", "/ledger/",
    ]  # fmt: skip
    for number, address in enumerate(expected, start=1):
        response = client.get(f"/guide/{number}/")
        assert response["Location"] == address
        page = client.get(address.partition("#")[0])
        assert page.status_code == 200
        text = page.content.decode()
        assert f"Step {number} of 6" in text
        assert (f'href="/guide/{number + 1}/"' in text) is (number < 6)
    ticked = items_of(client)
    assert ticked["Verify the record"] and ticked["Roll one back, or see how"] and ticked["Read a change"]
    client.post("/guide/leave/")
    assert "Step 6 of 6" not in client.get("/ledger/").content.decode()


def items_of(client: object) -> dict[str, bool]:
    text = client.get("/").content.decode()  # type: ignore[attr-defined]
    found = re.findall(r'aria-label="(Done:|To do:)".*?<a href="[^"]+">([^<]+)</a>', text, re.DOTALL)
    return {title: mark == "Done:" for mark, title in found}


def test_path__empty_tenant__still_leads_somewhere(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    for number in range(1, 7):
        assert client.get(client.get(f"/guide/{number}/")["Location"].partition("#")[0]).status_code == 200
    assert client.get("/guide/7/").status_code == 404


def test_path__without_a_desk__refused(cast: make.Cast) -> None:
    assert client_of(cast.mel).get("/guide/").status_code == 403
