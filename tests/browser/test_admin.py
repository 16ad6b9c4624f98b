"""The admin as a tenant admin uses it: a list narrowed by choosing, a row mended with a reason, and the ways into the app."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.forms import Walk, check_in_every_form
from tests.browser.pages import ADMIN

PROPOSALS = "/admin/governance/amendmentproposal/"
ROWS = "#result_list tbody tr"


def test_admin__chooses_a_system_by_typing__and_the_list_narrows(
    open_page: Callable[..., Any], artefacts: Path
) -> None:
    page = open_page(ADMIN)
    page.goto("/admin/")
    page.get_by_role("link", name="Amendment proposals").first.click()
    page.wait_for_url(f"**{PROPOSALS}")
    before = page.locator(ROWS).count()
    page.get_by_role("combobox", name="By system").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("memv")
    page.get_by_role("option", name="memvid").wait_for()
    check_in_every_form(Walk(page), name="data-fixes-choosing", artefacts=artefacts)
    page.keyboard.press("Enter")
    page.locator("form.row-filter", has=page.locator("#filter_system")).get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile(r"system=[0-9a-f-]{36}"))
    assert 0 < page.locator(ROWS).count() < before
    assert set(page.locator(f"{ROWS} td.field-system").all_inner_texts()) == {"memvid"}
    check_in_every_form(Walk(page), name="data-fixes-narrowed", artefacts=artefacts)
    page.locator("form.row-filter").get_by_role("link", name="Show all").click()
    page.wait_for_url(lambda url: "system=" not in url)
    assert page.locator(ROWS).count() == before


def test_admin__without_scripts__types_a_name_instead(open_page: Callable[..., Any]) -> None:
    page = open_page(ADMIN, scripts=False)
    page.goto(PROPOSALS)
    form = page.locator("form.row-filter", has=page.locator("#filter_system"))
    assert not form.locator("select").is_visible()
    form.get_by_role("textbox").fill("memvid")
    form.get_by_role("button", name="Filter").click()
    assert set(page.locator(f"{ROWS} td.field-system").all_inner_texts()) == {"memvid"}


def test_admin__mends_a_system__finds_the_reason_in_its_history_and_goes_to_the_app_and_back(
    open_page: Callable[..., Any], artefacts: Path
) -> None:
    page = open_page(ADMIN)
    page.goto("/systems/memvid/")
    page.get_by_role("link", name="Mend", exact=True).click()
    page.get_by_label("Documentation url").fill("https://docs.example.com/memvid")
    page.get_by_label("Reason").fill("The handbook has moved.")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("It is on the ledger, with your reason.").wait_for()
    check_in_every_form(Walk(page), name="data-fixes-saved", artefacts=artefacts)
    page.get_by_role("link", name="History").click()
    page.get_by_role("row", name=re.compile("The handbook has moved")).first.wait_for()
    check_in_every_form(Walk(page), name="data-fixes-history", artefacts=artefacts)
    page.go_back()
    page.get_by_role("link", name="Open in the app").click()
    page.wait_for_url("**/systems/memvid/")
    page.get_by_role("link", name="Mend", exact=True).click()
    page.wait_for_url("**/admin/governance/system/*/change/")
