"""Every page in three forms: light, dark, and a phone's width. axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults

from tests.browser.pages import PAGES, Page
from tests.browser.product import Product

WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
PICTURES = "TARS_PICTURES" in os.environ
# Violations alone are told, for the passes of a page of fifty rows take longer to tell than to find. Preloading
# copies imported sheets (the stock admin has one) into a style element, which the policy rightly blocks.
AXE = {"preload": False, "resultTypes": ["violations"]}
# The dark form differs from the light one in its colours and in nothing else.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
# Two frames: what the page does when it is loaded has begun, and the form's colours and widths are drawn.
DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"
AT_REST = (
    "document.readyState === 'complete' && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
)
FORMS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", NARROW)}


class Walk:
    """One person's browser, kept for all of their pages with its cache of files, as a person keeps theirs."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.faults: list[str] = []
        self.under_way: set[Any] = set()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.under_way.add(request))
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self.under_way.discard(request))

    def _said(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def go(self, path: str) -> Any:
        """The answer of a page; what the page before had asked for ended with it."""
        self.under_way.clear()
        return self.page.goto(path)

    def settle(self) -> None:
        """Until the page is drawn and nothing that it asked for is under way."""
        for _ in range(200):
            self.page.evaluate(DRAWN)
            if not self.under_way and self.page.evaluate(AT_REST):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"{self.page.url} is not at rest after five seconds")


@pytest.fixture(scope="module")
def walk_of(product: Product, chromium: Any, sessions: Callable[[str], Any]) -> Iterator[Callable[[str], Walk]]:
    walks: dict[str, Walk] = {}

    def found(email: str) -> Walk:
        if email not in walks:
            state = sessions(email) if email else None
            walks[email] = Walk(chromium.new_context(base_url=product.url, viewport=WIDE, storage_state=state))
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
    page.set_viewport_size(WIDE)
    answer = walk.go(wanted.path)
    for pattern in wanted.follow:
        answer = walk.go(_address(page, pattern))
    assert answer.status == wanted.status, f"{page.url} answered {answer.status}"
    page.evaluate(AXE_SCRIPT)
    for form in FORMS:
        check(walk, form=form, picture=artefacts / f"{wanted.name}-{form}.png")
    assert walk.faults == []


def check(walk: Walk, *, form: str, picture: Path) -> None:
    """axe, and no sideways scrolling, in one form; a picture of what fails, or of everything with `TARS_PICTURES`."""
    (scheme, size), page = FORMS[form], walk.page
    # Without motion no colour is half way from one form to the next when it is looked at.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(size)
    walk.settle()
    if PICTURES:
        page.screenshot(path=str(picture), full_page=True)
    try:
        _judge(page, form)
    except AssertionError:
        page.screenshot(path=str(picture), full_page=True)
        raise


def _judge(page: Any, form: str) -> None:
    # The stock admin moves its colours in spite of reduced motion, and half way they have no contrast.
    page.evaluate("document.getAnimations().forEach(moving => moving.finish())")
    options = AXE | ({"runOnly": OF_COLOUR} if form == "dark" else {})
    found = AxeResults(page.evaluate("options => axe.run(options)", options))
    assert found.violations_count == 0, f"{form}: {found.generate_report()}"
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    assert page.evaluate(fits), f"{form}: the page scrolls sideways"


def _address(page: Any, pattern: str) -> str:
    """The first link of the main part that fits."""
    links = page.locator("main a[href], #content a[href]").evaluate_all(
        "all => all.map(link => [link.pathname, link.search])"
    )
    return next(path + query for path, query in links if re.search(pattern, path))
