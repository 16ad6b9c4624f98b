"""The auditor's seat: everything of the record can be read, nothing can be written but one's own conveniences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from governance.audit.queries import head
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")

OURS = ("governance.", "billing.", "routing.", "dreams.", "tarsweb.")
CONVENIENCES = {
    # one's own: searches, notices, mails, looks and ticks, snoozes, the tenant one works in, a pass of one's own to leave
    "searches:save",
    "searches:act",
    "tenants:switch",
    # reading: proving, and taking a copy of what one may read
    "ledger:verify",
    "amendments:replay",
    "exports:take",
    "exports:record",
    "ask:page",
    # ask nobody who they are
    "healthz",
    "readyz",
}
CONVENIENT_PARTS = ("notices:", "mails:", "tick", "look", "snooze", "guide", "account", "person:", "invitations:accept")


def routes(patterns: Any, *, below: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """Every address of ours with its full URL name."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = (*names, pattern.namespace) if pattern.namespace else names
            yield from routes(pattern.url_patterns, below=below + str(pattern.pattern), names=inner)
        elif isinstance(pattern, URLPattern) and pattern.callback.__module__.startswith(OURS):
            yield below + str(pattern.pattern), ":".join((*names, pattern.name or "")), pattern.callback


def filled(address: str) -> str:
    """The address with something in each place: AMD-1, the system, an unknown id."""
    values = {
        "uuid": "00000000-0000-7000-8000-000000000000",
        "int": "1",
        "path": "clay-consigliere",
        "slug": "ledger",
        "str": "x",
    }
    address = re.sub(r"<(\w+):(\w+)>", lambda found: values.get(found[1], "1"), address)
    address = re.sub(r"\(\?P<verb>([^|)]+)[^)]*\)", r"\1", address)
    address = re.sub(r"\(\?P<\w*number>[^)]*\)", "1", address)
    address = re.sub(r"\(\?P<\w+>[^)]*\)", values["uuid"], address)
    return "/" + address.replace("^", "").replace("$", "").replace("/?", "/")


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[make.Cast]:
    with django_db_blocker.unblock():
        cast = make.cast()
        make.applied(cast)
        make.proposed(cast, fallback_delay_ms=400)
        yield cast


PAGES = sorted(
    {(address, name) for address, name, _ in routes(get_resolver().url_patterns) if not address.startswith("api/")}
)
API = sorted(
    {
        (address, name, method)
        for address, name, view in routes(get_resolver().url_patterns)
        if address.startswith("api/v1/") and not getattr(view, "is_alias", False) and hasattr(view, "cls")
        for method in ("post", "put", "patch", "delete")
        if hasattr(view.cls, method)
    }
)


def _is_convenience(name: str) -> bool:
    return name in CONVENIENCES or any(part in name for part in CONVENIENT_PARTS)


def _count(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return head(cast.uma)[0]


@pytest.fixture
def auditor(cast: make.Cast) -> Client:
    return client_of(cast.uma)


@pytest.mark.parametrize(("address", "name"), PAGES, ids=[name or address for address, name in PAGES])
def test_page__post_by_the_auditor__changes_nothing(address: str, name: str, auditor: Client, cast: make.Cast) -> None:
    if _is_convenience(name):
        return
    answer = auditor.post(filled(address), {"reason": "x", "note": "x", "digest": "sha256:" + "0" * 64})
    assert answer.status_code in (403, 404, 405, 422, 302), (name, answer.status_code)
    if answer.status_code == 302:
        assert "/accounts/" in answer["Location"] or "/admin/" in answer["Location"], answer["Location"]


@pytest.mark.parametrize(("address", "name", "method"), API, ids=[f"{method} {address}" for address, _, method in API])
def test_api__write_by_the_auditor__refused(
    address: str, name: str, method: str, auditor: Client, cast: make.Cast
) -> None:
    if any(
        part in address
        for part in ("notices", "mails", "searches", "exports", "tick", "look", "jobs", "tokens", "snooze", "replay")
    ):
        return
    answer = getattr(auditor, method)(filled(address), data="{}", content_type="application/json")
    assert answer.status_code in (403, 404, 405, 422, 428, 400), (
        address,
        method,
        answer.status_code,
        answer.content[:200],
    )


def test_amendments_verbs__are_refused_with_the_role_that_may(auditor: Client, cast: make.Cast) -> None:
    before = _count(cast)
    for verb in ("approve", "reject", "withdraw", "roll-back"):
        answer = auditor.post(
            f"/amendments/AMD-2/{verb}/", {"digest": "sha256:" + "0" * 64, "note": "x", "reason": "x"}
        )
        assert answer.status_code in (403, 404, 405), (verb, answer.status_code)
    with in_tenant(cast.tenant.id):
        from governance.ledger.models import LedgerEntry

        later = LedgerEntry.objects.filter(tenant_id=cast.tenant.id, sequence__gt=before)
        assert set(later.values_list("event_type", flat=True)) <= {"refusal", "key"}


def test_record__can_be_read_whole(auditor: Client, cast: make.Cast) -> None:
    for path in (
        "/ledger/",
        "/ledger/how-to-verify/",
        "/amendments/?all=1",
        "/amendments/AMD-1/",
        "/amendments/authority/",
        "/systems/",
        "/systems/clay-consigliere/",
        "/systems/clay-consigliere/blame/",
        "/exports/",
        "/inbox/",
        "/jobs/",
    ):
        assert auditor.get(path).status_code == 200, path


def test_questions__each_leads_to_a_table_that_answers(auditor: Client, cast: make.Cast) -> None:
    page = auditor.get("/ledger/").content.decode()
    assert "Who allowed this?" in page and "What changed in Q" in page
    links = re.findall(r'class="pill"\s+href="(/ledger/\?[^"]+)"', page)
    assert len(links) == 5
    for link in links:
        answer = auditor.get(link.replace("&amp;", "&")).content.decode()
        assert "not verified today" in answer or "verified to entry" in answer or "Nothing fits" in answer
    allowed = auditor.get("/ledger/?action=amendments.approve,amendments.apply&subject=AMD-1").content.decode()
    assert cast.cy.actor.name in allowed
