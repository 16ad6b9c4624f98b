"""A routine tightening is decided from the inbox in under twenty seconds and two clicks; keys alone do as well."""

from __future__ import annotations

import re
import time

MAYA, OFFICER = "maya@oms.com", "compliance-officer@oms.com"
CLICKS = "window.clicks = 0; addEventListener('click', (event) => { if (event.isTrusted) window.clicks += 1; }, true);"


def test_officer__routine_tightening__two_clicks_and_a_password(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/")
    page.evaluate(CLICKS)
    started = time.monotonic()
    page.locator("a.row", has_text="An audit trail becomes mandatory.").filter(has_text="notion").click()
    page.locator("#_pane [name=confirm]:focus").wait_for()
    # the sentence, its evidence and the button are in sight together
    for seen in (page.locator("#pane-title"), page.locator("#_pane [data-key=a]")):
        box = seen.bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 900
    page.keyboard.type(product.logins[OFFICER])
    page.locator("#_pane").get_by_role("button", name=re.compile("^Approve")).click()
    page.get_by_text("it took effect on notion").first.wait_for()
    assert page.evaluate("window.clicks") <= 2
    assert time.monotonic() - started < 20
    # the next question is open, and the focus is on its sentence
    assert re.search(r"\?open=AMD-\d+$", page.url)
    assert page.locator("#pane-title:focus").count() == 1


def test_keys__select_answer_and_close__without_a_mouse(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(MAYA)
    page.goto("/inbox/?tab=team&type=governance_tightening")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.id")
    page.keyboard.press("r")
    page.wait_for_url(re.compile(r"open=AMD-\d+$"))
    page.locator("#_pane [data-key=r]:focus, #_pane [data-pane-title]:focus").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == first
    assert "open=" not in page.url


def test_keys__x_and_shift_x__select_rows_up_to_here(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/")
    for key in ("k", "x", "k", "k", "X"):
        page.keyboard.press(key)
    assert page.locator("[data-selected-count]").inner_text().startswith("3 selected")
    page.keyboard.press("x")
    assert page.locator("[data-selects] input[name=question]:checked").count() == 2


def test_news__a_list_drawn_anew__keeps_focus_and_selection(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/?tab=team")
    page.keyboard.press("j")
    page.keyboard.press("x")
    row = page.evaluate("document.activeElement.id")
    page.evaluate("htmx.ajax('GET', '/inbox/?tab=team', {target: '#_inbox', swap: 'outerHTML'})")
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-settling, .htmx-swapping')")
    assert page.evaluate("document.activeElement.id") == row
    assert page.locator("[data-selects] input[name=question]:checked").count() == 1
