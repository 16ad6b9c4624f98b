"""Every page in three forms: light, dark, and a phone's width. axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import PAGES, Page

WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
PICTURES = "TARS_PICTURES" in os.environ
# Violations alone are told, for the passes of a page of fifty rows take longer to tell than to find. Preloading
# copies imported sheets (the stock admin has one) into a style element, which the policy rightly blocks.
AXE = {"preload": False, "resultTypes": ["violations"]}
# The dark form differs from the light one in its colours and in nothing else.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
FORMS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", NARROW)}


@pytest.mark.parametrize("wanted", PAGES, ids=lambda page: page.name)
def test_page__in_every_form__is_accessible_and_fits(
    wanted: Page, open_page: Callable[..., Any], artefacts: Path
) -> None:
    page = open_page(wanted.who)
    answer = page.goto(wanted.path)
    for pattern in wanted.follow:
        answer = page.goto(_address(page, pattern))
    assert answer.status == wanted.status, f"{page.url} answered {answer.status}"
    for form in FORMS:
        check(page, form=form, picture=artefacts / f"{wanted.name}-{form}.png")


def check(page: Any, *, form: str, picture: Path) -> None:
    """axe, and no sideways scrolling, in one form; a picture of what fails, or of everything with `TARS_PICTURES`."""
    scheme, size = FORMS[form]
    # Without motion no colour is half way from one form to the next when it is looked at.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(size)
    page.wait_for_load_state("networkidle")
    if PICTURES:
        page.screenshot(path=str(picture), full_page=True)
    try:
        _judge(page, form)
    except AssertionError:
        page.screenshot(path=str(picture), full_page=True)
        raise


def _judge(page: Any, form: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # The stock admin moves its colours in spite of reduced motion, and half way they have no contrast.
    page.evaluate("document.getAnimations().forEach(moving => moving.finish())")
    found = Axe().run(page, options=AXE | ({"runOnly": OF_COLOUR} if form == "dark" else {}))
    assert found.violations_count == 0, f"{form}: {found.generate_report()}"
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    assert page.evaluate(fits), f"{form}: the page scrolls sideways"


def _address(page: Any, pattern: str) -> str:
    """The first link of the main part that fits."""
    links = page.locator("main a[href], #content a[href]").evaluate_all(
        "all => all.map(link => [link.pathname, link.search])"
    )
    return next(path + query for path, query in links if re.search(pattern, path))
