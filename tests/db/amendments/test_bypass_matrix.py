"""Every road × everybody who may not: refused, and afterwards nothing has changed (DESIGN.md contract 1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from governance.amendments import actions as amendments
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import roll_back_preview
from governance.errors import DomainError
from governance.identity.confirm import confirm
from governance.identity.models import User
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from governance.web import now
from tests import factories as make
from tests.db.amendments.desk import demand_whole, facts
from tests.web import client_of

STALE = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Try:
    """Somebody, what they want to happen to which amendment, and the digest they saw."""

    who: Scope | None
    act: str
    number: int
    digest: str

    @property
    def client(self) -> Client:
        return client_of(self.who) if self.who else Client()


# -- roads: each returns whether it was refused


def _page(attempt: Try) -> bool:
    form = {"digest": attempt.digest, "confirm": make.PASSWORD, "note": "Because.", "reason": "Because."}
    return _was_refused(attempt.client.post(f"/amendments/AMD-{attempt.number}/{attempt.act}/", form))


def _api(attempt: Try) -> bool:
    body = {"digest": attempt.digest, "password": make.PASSWORD, "note": "Because.", "reason": "Because."}
    url = f"/api/v1/amendments/AMD-{attempt.number}/{attempt.act}/"
    return _was_refused(attempt.client.post(url, json.dumps(body), content_type="application/json"))


def _admin(attempt: Try) -> bool:
    model = "constitutionalamendment" if attempt.act == "roll-back" else "amendmentproposal"
    form = {
        "numbers": [attempt.number],
        f"digest-{attempt.number}": attempt.digest,
        "note": "Because.",
        "confirm": make.PASSWORD,
    }
    return _was_refused(attempt.client.post(f"/admin/governance/{model}/confirm/{attempt.act}/", form))


def _shell(attempt: Try) -> bool:
    assert attempt.who is not None
    common: dict[str, Any] = {"scope": attempt.who, "number": attempt.number, "digest": attempt.digest, "at": now()}
    verbs: dict[str, Callable[[], object]] = {
        "approve": lambda: amendments.approve(**common),
        "reject": lambda: amendments.reject(**common, note="Because."),
        "request-changes": lambda: amendments.request_changes(**common, note="Because."),
        "roll-back": lambda: amendments.roll_back(**common, reason="Because."),
    }
    try:
        user = User.objects.get(id=attempt.who.actor.user_id)
        common["confirmation"] = confirm(user=user, answer=make.PASSWORD, at=common["at"])
        verbs[attempt.act]()
    except DomainError:
        return True
    return False


def _was_refused(response: HttpResponse) -> bool:
    if response.status_code == 200:
        return False
    if response.status_code in (301, 302, 303):
        return response["Location"].startswith(("/accounts/login/", "/admin/login/"))
    assert response.status_code in (401, 403, 404, 409, 422), (response.status_code, response.content[:400])
    return True


ROADS = {"page": _page, "api": _api, "admin": _admin, "shell": _shell}


# -- people: who must not get through, on the way in and behind the admin's door


def _nobody(cast: make.Cast, road: str) -> Scope | None:
    return cast.mel if road == "shell" else None


def _member(cast: make.Cast, road: str) -> Scope:
    return cast.mel


def _auditor(cast: make.Cast, road: str) -> Scope:
    return _seated(cast, road, Role.AUDITOR)


def _admin_only(cast: make.Cast, road: str) -> Scope:
    return cast.tess


def _stranger(cast: make.Cast, road: str) -> Scope:
    return make.stranger()


def _seated(cast: make.Cast, road: str, role: Role) -> Scope:
    """A person of that role; on the admin's road one who may enter the admin as well."""
    roles = [role, Role.ADMIN] if road == "admin" else [role]
    return make.seated(tenant=cast.tenant, name="pat", roles=roles)[1]


WRONG_PEOPLE = {
    "nobody": _nobody,
    "a member": _member,
    "an auditor": _auditor,
    "an admin without a desk": _admin_only,
    "somebody of another tenant": _stranger,
}


def _proposal(cast: make.Cast, road: str, proposer: Scope | None = None) -> AmendmentProposal:
    return make.proposed(cast, by=proposer or cast.bo, at=now(), fallback_delay_ms=200)


@pytest.mark.parametrize("act", ["approve", "reject", "request-changes"])
@pytest.mark.parametrize("who", WRONG_PEOPLE)
@pytest.mark.parametrize("road", ROADS)
def test_decide__by_who_may_not__refused_and_nothing_changed(road: str, who: str, act: str) -> None:
    if (road, act) == ("admin", "request-changes"):
        act = "reject"
    cast = make.cast()
    proposal = _proposal(cast, road)
    before = facts(cast.tenant.id)
    attempt = Try(WRONG_PEOPLE[who](cast, road), act, proposal.number, make.digest_of(cast.bo, proposal))
    assert ROADS[road](attempt)
    assert facts(cast.tenant.id) == before
    assert make.state_of(cast.bo, proposal) == "proposed"
    demand_whole(cast.tenant.id)


@pytest.mark.parametrize("act", ["approve", "reject"])
@pytest.mark.parametrize("road", ROADS)
def test_decide__by_the_proposer__refused_and_nothing_changed(road: str, act: str) -> None:
    cast = make.cast()
    proposer = _seated(cast, road, Role.OPERATOR)
    proposal = _proposal(cast, road, proposer)
    before = facts(cast.tenant.id)
    assert ROADS[road](Try(proposer, act, proposal.number, make.digest_of(cast.bo, proposal)))
    assert facts(cast.tenant.id) == before
    assert make.state_of(cast.bo, proposal) == "proposed"


@pytest.mark.parametrize("act", ["approve", "reject"])
@pytest.mark.parametrize("road", ROADS)
def test_decide__with_a_stale_digest__refused_and_nothing_changed(road: str, act: str) -> None:
    cast = make.cast()
    proposal = _proposal(cast, road)
    seen = make.digest_of(cast.bo, proposal)
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.CLAY, fallback_delay_ms=900),
        evidence=make.EVIDENCE["manual_update"],  # type: ignore[index]
        why="Another figure.",
        at=now(),
    )
    before = facts(cast.tenant.id)
    for digest in (seen, STALE, ""):
        assert ROADS[road](Try(_seated(cast, road, Role.OPERATOR), act, proposal.number, digest))
    assert facts(cast.tenant.id) == before
    assert make.state_of(cast.bo, proposal) == "proposed"


@pytest.mark.parametrize("road", ROADS)
def test_decide__with_a_wrong_password__refused_and_nothing_changed(road: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    proposal = _proposal(cast, road)
    before = facts(cast.tenant.id)
    attempt = Try(_seated(cast, road, Role.OPERATOR), "approve", proposal.number, make.digest_of(cast.bo, proposal))
    monkeypatch.setattr(make, "PASSWORD", "not the password")
    assert ROADS[road](attempt)
    assert facts(cast.tenant.id) == before


@pytest.mark.parametrize("who", WRONG_PEOPLE)
@pytest.mark.parametrize("road", ROADS)
def test_roll_back__by_who_may_not__refused_and_nothing_changed(road: str, who: str) -> None:
    cast = make.cast()
    proposal = make.applied(cast, at=now(), fallback_delay_ms=200)
    with in_tenant(cast.tenant.id):
        digest = roll_back_preview(scope=cast.bo, number=proposal.number, at=now()).digest
    before = facts(cast.tenant.id)
    assert ROADS[road](Try(WRONG_PEOPLE[who](cast, road), "roll-back", proposal.number, digest))
    assert facts(cast.tenant.id) == before


@pytest.mark.parametrize("road", ROADS)
def test_roll_back__with_a_stale_digest__refused_and_nothing_changed(road: str) -> None:
    cast = make.cast()
    proposal = make.applied(cast, at=now(), fallback_delay_ms=200)
    with in_tenant(cast.tenant.id):
        seen = roll_back_preview(scope=cast.bo, number=proposal.number, at=now()).digest
    make.applied(cast, at=now(), persona_id="somebody-else")
    before = facts(cast.tenant.id)
    assert ROADS[road](Try(_seated(cast, road, Role.OPERATOR), "roll-back", proposal.number, seen))
    assert facts(cast.tenant.id) == before


@pytest.mark.parametrize("road", ROADS)
def test_decide__by_who_may__goes_through_on_the_same_road(road: str) -> None:
    """The matrix would also be green if every road were broken."""
    cast = make.cast()
    first, second = (
        make.proposed(cast, at=now(), fallback_delay_ms=200),
        make.proposed(cast, at=now(), persona_id="else"),
    )
    pat = _seated(cast, road, Role.OPERATOR)
    assert not ROADS[road](Try(pat, "reject", second.number, make.digest_of(cast.bo, second)))
    assert make.state_of(cast.bo, second) == "rejected"
    assert not ROADS[road](Try(pat, "approve", first.number, make.digest_of(cast.bo, first)))
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200
    with in_tenant(cast.tenant.id):
        digest = roll_back_preview(scope=cast.bo, number=first.number, at=now()).digest
    assert not ROADS[road](Try(pat, "roll-back", first.number, digest))
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 500
    demand_whole(cast.tenant.id)
