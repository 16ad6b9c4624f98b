"""Trying a case by keyboard: Enter asks, a remedy sets its fact, the address follows, and the case is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.browser.pages import OPERATOR


def test_try__enter_asks__a_button_applies_what_would_make_it_pass__and_it_is_saved(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(OPERATOR)
    page.goto("/rulebook/try/")
    page.get_by_label("System").select_option("domicile-governance")
    page.get_by_label("Action", exact=True).fill("upload_payroll_entries")
    page.get_by_label("Name of fact 1").fill("total_usd")
    page.get_by_label("Value of fact 1").fill("-5")
    page.keyboard.press("Enter")
    page.locator("#why .chip", has_text="Denied").wait_for()
    assert "value=-5" in page.url and page.locator("#why s").count()
    page.get_by_role("button", name="Set total_usd to 0").click()
    page.locator("#why .chip", has_text="Approval required").wait_for()
    page.wait_for_url(re.compile(r"name=total_usd&value=0"))
    assert page.evaluate("document.activeElement !== document.body")
    page.get_by_text("Save as a case").first.click()
    page.get_by_label("What this case says").fill("A payroll of nothing waits for a person")
    page.get_by_role("button", name="Save the case").click()
    page.wait_for_url(re.compile(r"/rulebook/cases/[0-9a-f-]{36}/$"))
    assert page.locator("main").get_by_text("passes").count()
