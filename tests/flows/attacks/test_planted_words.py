"""Planted scripts where people talk, where programs are named and where news is told; `test_planted_scripts.py` has the rest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from governance.amendments import actions as amendments
from governance.amendments.kinds import Basis
from governance.approvals import desk
from governance.approvals.actions import review_override
from governance.approvals.models import ApprovalDecision, Via
from governance.approvals.reminders import nudge
from governance.files.actions import upload
from governance.identity.actions import add_member, invite, set_profile
from governance.notices.mail import write_due
from governance.notices.models import Notice, OutboxMail
from governance.scope import Capability, Role
from governance.searches.actions import save_search
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from governance.webhooks import actions as webhooks
from tests import factories as make
from tests.flows.amendments import scenes
from tests.flows.attacks.test_planted_scripts import FOUND, PLANTED, crawl, looked_at, texts
from tests.web import client_of

HTMX = {"HTTP_HX_REQUEST": "true"}
Words = Iterator[str]


def planted(cast: make.Cast) -> None:
    more = itertools.cycle([*PLANTED, *texts()])
    for name in ("bo", "cy", "tess"):
        set_profile(user=cast.users[name], name=next(more)[:120], time_zone="UTC")
    _talk(cast, more)
    _programs(cast, more)
    _glass(cast, more)
    write_due(tenant_id=cast.tenant.id, at=timezone.now())


def _talk(cast: make.Cast, more: Words) -> None:
    """AMD-1 and AMD-2: comments, suggestions, attachments, nudges, a hand-over; AMD-2 is decided, so that it has a snapshot."""
    helper = make.user("helper")
    add_member(scope=cast.tess, user=helper, roles=[Role.OPERATOR], at=scenes.ago(60))
    for number in (1, 2):
        names = [f"{next(more).replace('/', '')[:90]}.txt" for _ in range(4)]
        files = [upload(scope=cast.bo, name=name, content=b"Because.", at=scenes.ago(20)).id for name in names]
        proposal = scenes.proposed(cast, attachments=files, persona_id=next(more)[:100])
        said = {"scope": cast.ada, "number": proposal.number, "at": scenes.ago(8)}
        for pointer in ("", "/persona_id", f"/{next(more)[:80]}"):
            comment = amendments.comment(text=next(more), pointer=pointer, **said)
            amendments.comment(text=next(more), thread_id=comment.id, **{**said, "scope": cast.cy})
        amendments.comment(text=next(more), pointer="/persona_id", suggestion={"value": next(more)}, **said)
        amendments.comment(text=next(more), pointer="/x", suggestion={"value": {next(more): [next(more)]}}, **said)
        assert proposal.request_id is not None
        if number == 1:
            nudge(scope=cast.uma, request_id=proposal.request_id, user_id=cast.cy.person_id, at=scenes.ago(7))
            desk.hand_over(scope=cast.cy, request_id=proposal.request_id, user_id=helper.id, at=scenes.ago(6))
        else:
            make.approve(cast.cy, proposal, at=scenes.ago(5), note=next(more))


def _programs(cast: make.Cast, more: Words) -> None:
    for _ in range(5):
        save_search(
            scope=cast.uma,
            page="ledger:list",
            name=next(more)[:60],
            query=f"q={next(more)[:60].replace('&', '')}",
            is_shared=True,
            at=scenes.ago(3),
        )
        issue_token(scope=cast.bo, name=next(more)[:60], scopes=[Capability.READ_RECORD], days=30, at=scenes.ago(3))
        hook, _ = webhooks.add_webhook(
            scope=cast.tess,
            name=next(more)[:80],
            url=f"https://ci.example.com/{next(more)[:60].split()[0]}",
            events=[],
            at=scenes.ago(3),
        )
        webhooks.send_test(scope=cast.tess, webhook_id=hook.id, at=scenes.ago(2))
    for number, email in enumerate(('"<planted-b>"@example.org', "planted'onload=alert@example.org")):
        invite(scope=cast.tess, email=email, roles=[Role.AUDITOR], name=next(more)[:100], at=scenes.ago(3 - number))


def _glass(cast: make.Cast, more: Words) -> None:
    """AMD-3: a broken glass with its reason and its review."""
    patch = scenes.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    make.approve(cast.ada, patch, override=True, note=" ".join(PLANTED), at=scenes.ago(4))
    with in_tenant(cast.tenant.id):
        decision = ApprovalDecision.objects.get(via=Via.OVERRIDE)
    review_override(scope=cast.tess, decision_id=decision.id, upheld=False, note=" ".join(PLANTED), at=scenes.ago(3))


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock():
        made = make.cast()
        planted(made)
        yield made


AMENDMENTS = tuple(f"/amendments/AMD-{number}/" for number in (1, 2, 3))
PREVIEWS = tuple(f"/inbox/?tab={tab}&open=AMD-{number}" for tab in ("team", "mine", "decided") for number in (1, 2, 3))
STARTS = {
    "ada": (*AMENDMENTS, *PREVIEWS, "/notices/", "/notices/outbox/", "/inbox/together/?n=AMD-1", "/searches/"),
    "bo": (*AMENDMENTS, "/tokens/", "/notices/", "/notices/outbox/", "/inbox/?tab=mine"),
    "cy": (*AMENDMENTS, *PREVIEWS, "/notices/"),
    "tess": ("/people/", "/webhooks/", "/notices/outbox/", "/notices/", "/jobs/", "/tokens/", "/amendments/authority/"),
    "uma": (
        "/ledger/",
        "/searches/",
        "/exports/",
        "/searches/save/?page=ledger:list&query=q%3D<planted-a>",
        *AMENDMENTS,
    ),
}


@pytest.mark.parametrize("name", STARTS)
def test_pages_and_fragments__show_it_as_text(cast: make.Cast, name: str) -> None:
    client = client_of(getattr(cast, name))
    starts = STARTS[name]
    looked, faults = crawl(client, start=starts, most=len(starts) + 14)
    pieces, more = crawl(client, start=starts, most=len(starts) + 4, **HTMX)
    assert faults + more == [] and looked > 10 and pieces > 4


def test_pages__each_place_shows_what_was_planted_there(cast: make.Cast) -> None:
    for name, address in (
        ("ada", "/amendments/AMD-1/"),
        ("ada", "/notices/"),
        ("bo", "/tokens/"),
        ("tess", "/people/"),
        ("tess", "/webhooks/"),
        ("uma", "/searches/"),
        ("uma", "/ledger/"),
    ):
        assert FOUND.search(client_of(getattr(cast, name)).get(address).content.decode()), address


def test_snapshots__of_decisions__show_it_as_text(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    for address in AMENDMENTS[1:]:
        pages = set(re.findall(r'"(/amendments/AMD-\d+/decisions/[^"?#]+)', client.get(address).content.decode()))
        assert pages, address
        for page in pages:
            text = client.get(page).content.decode()
            assert looked_at(text).faults == [] and FOUND.search(text), page


def test_mails__every_one_says_it_as_text(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        mails, notices = list(OutboxMail.objects.all()), Notice.objects.count()
    assert len(mails) > 5 and notices >= len(mails)
    assert any(FOUND.search(mail.html) for mail in mails)
    for mail in mails:
        assert looked_at(mail.html).faults == [], mail.subject
        assert "\n" not in mail.subject
