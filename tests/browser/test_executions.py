"""Work is handed in, followed without touching anything, approved with a key, and explained."""

from __future__ import annotations

import re

PRESTON, MEMBER = "preston@oms.com", "katie@oms.com"
STANDS = "header p[data-says]"


def test_request__handed_in__followed_while_a_colleague_approves_it_by_key(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(MEMBER)
    page.goto("/ask/")
    page.get_by_label("What is to be done").fill("Audit payroll compliance for May")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}/$"))
    page.locator(STANDS, has_text="once a person has approved it").wait_for()

    colleague = open_page(PRESTON)
    colleague.goto(page.url)
    assert colleague.get_by_text("Exactly this will happen, once").count()
    colleague.keyboard.press("a")
    colleague.locator("[data-key=a]:focus").wait_for()
    colleague.locator("#confirm").fill(product.logins[PRESTON])
    colleague.get_by_role("button", name=re.compile("^Approve")).click()

    for one in (page, colleague):
        one.locator(STANDS, has_text="domicile-governance answered.").wait_for()
        one.get_by_text("Verified just now").wait_for()
    page.get_by_label("4", exact=False).first.check()
    page.get_by_role("button", name="Rate it").click()
    page.get_by_text("4 stars").first.wait_for()


def test_list__puts_what_is_new_on_top_by_itself__until_it_is_paused(open_page) -> None:  # type: ignore[no-untyped-def]
    page, other = open_page(PRESTON), open_page(MEMBER)
    page.goto("/executions/")
    other.goto("/ask/")
    other.get_by_label("What is to be done").fill("Water the plants on the third floor")
    other.get_by_role("button", name="Hand it in").click()
    other.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}/$"))
    page.locator("#execution-rows > li, #_executions li").first.get_by_text("Water the plants").wait_for()
    page.get_by_role("link", name="Pause the news").click()
    page.get_by_role("link", name="Follow the news").wait_for()
    assert "tail=off" in page.url and page.locator("#execution-tail").count() == 0


def test_without_scripts__handed_in_and_called_off(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(MEMBER, scripts=False)
    page.goto("/ask/")
    page.get_by_label("What is to be done").fill("Audit payroll compliance for April")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}/$"))
    for _ in range(20):
        if page.get_by_text("Waits for approval").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_role("button", name="Call it off").click()
    assert page.get_by_text("before anything was done").count()
