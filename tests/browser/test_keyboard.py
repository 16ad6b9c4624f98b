"""The keyboard alone: from the sign-in page to a signed answer, with the focus in sight and every outcome announced once."""

from __future__ import annotations

import re
from typing import Any

from tests.browser.pages import OFFICER, OPERATOR

MINE = "AMD-83"  # no other story answers it, or anything else of its system
MOST_TABS = 80
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return {lost: true};
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const points = [0.5, 0.1, 0.9].map((part) => document.elementFromPoint(x, box.top + box.height * part));
  const label = one.labels?.[0];
  return {
    lost: false,
    what: one.outerHTML.slice(0, 120),
    isMarked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    isInSight: points.some((top) =>
      top && (one.contains(top) || label?.contains(top) || (top.contains(one) && !top.matches("html, body")))),
  };
}"""
SETTLED = "() => !document.querySelector('.htmx-request, .htmx-settling, .htmx-swapping')"
REGIONS = "[...document.querySelectorAll('[aria-live], [role=status]')].map((one) => one.id)"


def in_sight(page: Any) -> None:
    """The focus is somewhere, has an outline, and no sticky bar lies over it."""
    found = page.evaluate(FOCUSED)
    assert not found["lost"] and found["isMarked"] and found["isInSight"], found


def tab_to(page: Any, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the focus is on it; at every stop on the way it can be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        in_sight(page)
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{MOST_TABS} tabs do not lead to {selector}")


def settled(page: Any) -> None:
    """After a swap: the focus stands somewhere sensible, and one region announces."""
    page.wait_for_function(SETTLED)
    assert page.evaluate("document.activeElement !== document.body")
    assert page.evaluate(REGIONS) == ["toasts"]


def announced(page: Any, words: str) -> None:
    page.wait_for_function("(words) => document.getElementById('toasts').textContent.includes(words)", arg=words)


def test_keys_alone__sign_in_read_approve_and_hear_what_happened(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page("")
    page.goto("/accounts/login/")
    assert page.evaluate(REGIONS) == ["toasts"]
    tab_to(page, "[name=login]")
    page.keyboard.type(OFFICER)
    tab_to(page, "[type=password]")
    page.keyboard.type(product.logins[OFFICER])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.url}/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('a.skip')")
    in_sight(page)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(re.compile("/inbox/$"))

    page.keyboard.press("/")
    page.keyboard.type(MINE)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    settled(page)
    assert page.evaluate("document.activeElement.matches('[type=search]')")
    tab_to(page, "a.row[data-pane]")
    page.keyboard.press("Enter")
    page.locator("#pane-title:focus").wait_for()
    settled(page)
    tab_to(page, "#_pane [name=confirm]")
    page.keyboard.type("not my password")
    tab_to(page, "#_pane [data-key=a]")
    page.keyboard.press("Enter")
    page.locator("#_pane [role=alert]:focus").wait_for()
    settled(page)
    tab_to(page, "#_pane [name=confirm]")
    page.keyboard.type(product.logins[OFFICER])
    tab_to(page, "#_pane [data-key=a]")
    page.keyboard.press("Enter")
    announced(page, "it took effect on")
    settled(page)


def test_tab__over_whole_pages__the_focus_is_never_hidden(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    for path in ("/inbox/", "/amendments/?state=open", "/amendments/AMD-81/", "/systems/clay-consigliere/"):
        page.goto(path)
        assert page.evaluate(REGIONS) == ["toasts"]
        for _ in range(MOST_TABS // 2):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # the end of the page
            in_sight(page)


def test_swaps__ticks_filters_and_previews__keep_the_focus(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OPERATOR)
    page.goto("/amendments/AMD-81/")
    page.keyboard.press("]")
    page.keyboard.press("v")
    page.locator("[data-tick][aria-pressed=true]").first.wait_for()
    settled(page)
    page.goto("/systems/")
    page.keyboard.press("/")
    page.keyboard.type("clay")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=clay"))
    settled(page)
    officer = open_page(OFFICER)
    officer.goto("/inbox/")
    for key in ("k", "x"):
        officer.keyboard.press(key)
    announced(officer, "1 selected")
    settled(officer)
