"""One page looked at in three forms: light, dark, and a phone's width. axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults

WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
PICTURES = "TARS_PICTURES" in os.environ
# Violations alone are told, for the passes of a page of fifty rows take longer to tell than to find. Preloading
# copies imported sheets (the stock admin has one) into a style element, which the policy rightly blocks.
AXE = {"preload": False, "resultTypes": ["violations"]}
# Half of axe's time goes into contrast, which each combination of colours has or has not wherever it stands (colours.js); the
# dark form differs from the light one in its colours and in nothing else.
OF_CONTRAST = AXE | {"runOnly": ["color-contrast"]}
OF_THE_REST = AXE | {"rules": {"color-contrast": {"enabled": False}}}
RULES = {"light": OF_THE_REST, "dark": AXE | {"runOnly": ["link-in-text-block"]}, "phone": OF_THE_REST}
COLOURS = (Path(__file__).parent / "colours.js").read_text()
_judged: set[str] = set()
"""Colours that axe found nothing against, on whatever page and in whatever form: all pages have the same sheets."""
# Two frames: what the page does when it is loaded has begun, and the form's colours and widths are drawn.
DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"
AT_REST = (
    "document.readyState === 'complete' && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
)
FORMS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", NARROW)}


class Walk:
    """One page in a browser: what it does wrong, and what it has asked for and not yet got."""

    def __init__(self, page: Any) -> None:
        self.page = page
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


def check_in_every_form(walk: Walk, *, name: str, artefacts: Path) -> None:
    """axe, and no sideways scrolling, light, dark and on a phone; then the page is wide and light again.

    A picture of what fails lies in `artefacts`, or of everything with `TARS_PICTURES`.
    """
    walk.page.evaluate(AXE_SCRIPT)
    for form in FORMS:
        _check(walk, form=form, picture=artefacts / f"{name}-{form}.png")
    walk.page.emulate_media(color_scheme="light")
    walk.page.set_viewport_size(WIDE)


def _check(walk: Walk, *, form: str, picture: Path) -> None:
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
    _clean(form, page.evaluate("options => axe.run(options)", RULES[form]))
    fresh = page.evaluate_handle(COLOURS, sorted(_judged))
    if fresh.evaluate("([elements]) => elements.length"):
        _clean(form, fresh.evaluate("([include], options) => axe.run({include}, options)", OF_CONTRAST))
        _judged.update(fresh.evaluate("([_, names]) => names"))
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    assert page.evaluate(fits), f"{form}: the page scrolls sideways"


def _clean(form: str, said: Any) -> None:
    found = AxeResults(said)
    assert found.violations_count == 0, f"{form}: {found.generate_report()}"
