"""Every page in three forms: light, dark, and a phone's width. axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.forms import WIDE, Walk, check_in_every_form
from tests.browser.pages import PAGES, Page
from tests.browser.product import Product


@pytest.fixture(scope="module")
def walk_of(product: Product, chromium: Any, sessions: Callable[[str], Any]) -> Iterator[Callable[[str], Walk]]:
    walks: dict[str, Walk] = {}

    def found(email: str) -> Walk:
        if email not in walks:
            state = sessions(email) if email else None
            # Kept for all of a person's pages, with its cache of files, as a person keeps theirs.
            context = chromium.new_context(base_url=product.url, viewport=WIDE, storage_state=state)
            walks[email] = Walk(context.new_page())
        return walks[email]

    yield found
    for walk in walks.values():
        walk.page.context.close()


@pytest.mark.parametrize("wanted", PAGES, ids=lambda page: page.name)
def test_page__in_every_form__is_accessible_and_fits(
    wanted: Page, walk_of: Callable[[str], Walk], artefacts: Path
) -> None:
    walk = walk_of(wanted.who)
    page = walk.page
    walk.faults.clear()
    answer = walk.go(wanted.path)
    for pattern in wanted.follow:
        answer = walk.go(_address(page, pattern))
    assert answer.status == wanted.status, f"{page.url} answered {answer.status}"
    check_in_every_form(walk, name=wanted.name, artefacts=artefacts)
    assert walk.faults == []


def _address(page: Any, pattern: str) -> str:
    """The first link of the main part that fits."""
    links = page.locator("main a[href], #content a[href]").evaluate_all(
        "all => all.map(link => [link.pathname, link.search])"
    )
    return next(path + query for path, query in links if re.search(pattern, path))
