"""The browser's list of pages against the addresses: what answers with a page is looked at in every form."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from governance.scope import Scope
from tests.browser.pages import PAGES
from tests.db.tenants.everything import everything
from tests.flows.isolation.routes import ids_of, pages
from tests.web import client_of

IN_STORIES = {"jobs:detail", "webhooks:detail", "webhooks:delivery"}
"""Pages of things that the demo does not have; `tests/browser/test_programs.py` makes them first."""
BY_SESSION = {"lawbook:promote_session_rule"}
"""Pages of a session, which has ended long before the browser looks at the demo; `tests/flows/lawbook` reads them."""
FRAGMENTS = {"inbox:news", "amendments:news", "shell-counts", "overview:progress"}
"""Pieces that pages ask for by themselves; they are seen there."""


def test_pages__every_address_that_answers_with_one__is_walked_by_the_browser() -> None:
    cast = everything()
    ids = ids_of(cast)
    walked = {page.route for page in PAGES} | FRAGMENTS | IN_STORIES | BY_SESSION
    forgotten = [
        route.name
        for route in pages()
        if route.name not in walked and any(_is_page(scope, route.filled(ids)) for scope in (cast.tess, cast.bo))
    ]
    assert forgotten == [], "\n".join(forgotten)


def test_pages__each_leads_to_the_route_that_it_names() -> None:
    for page in PAGES:
        if not page.follow and ":" in page.route:
            try:
                assert reverse(page.route) == page.path.partition("?")[0]
            except NoReverseMatch:
                continue


def _is_page(scope: Scope, address: str) -> bool:
    answer = client_of(scope).get(address)
    kind = answer.headers.get("Content-Type", "")
    return (
        answer.status_code == 200 and kind.startswith("text/html") and b"<!doctype html" in answer.content[:200].lower()
    )
