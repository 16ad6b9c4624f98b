"""`make screenshots`: the pictures of README and docs, drawn from a running demo."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.product import Product, running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
OFFICER = "compliance-officer@oms.com"


def draw(product: Product) -> None:
    """Sign in as the officer and photograph the desk."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(base_url=product.url, viewport={"width": 1280, "height": 860})
        page = context.new_page()
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(OFFICER)
        page.locator("input[type=password]").fill(product.logins[OFFICER])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{product.url}/")
        for name, path in (("overview", "/"), ("inbox", "/inbox/"), ("ledger", "/ledger/")):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=str(FOLDER / f"{name}.png"))
        page.goto("/inbox/?q=change_bank_details")
        row = page.locator("a.row", has_text="“change_bank_details” now also needs approval.").first
        page.goto(row.get_attribute("href"))
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(FOLDER / "amendment.png"))
        browser.close()


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium fonts-dejavu-core")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running() as started:
        draw(started)
    print(f"drawn into {FOLDER}")
