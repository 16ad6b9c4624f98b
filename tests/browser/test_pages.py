"""Every page in three forms: light, dark, and a phone's width. axe finds nothing, nothing scrolls sideways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

OFFICER = "compliance-officer@oms.com"
ADMIN = "admin@oms.com"
PAGES = {
    "overview": "/",
    "inbox": "/inbox/",
    "inbox-team": "/inbox/?tab=team",
    "inbox-preview": "/inbox/?tab=team&open=AMD-78",
    "inbox-together": "/inbox/together/?n=AMD-81&n=AMD-82&n=AMD-76",
    "inbox-snoozed": "/inbox/?tab=snoozed",
    "amendments": "/amendments/",
    "propose": "/amendments/propose/?system=clay-consigliere",
    "systems": "/systems/",
    "system": "/systems/clay-consigliere/",
    "system-versions": "/systems/clay-consigliere/versions/",
    "system-compare": "/systems/clay-consigliere/compare/?from=1&to=4",
    "system-time-machine": "/systems/clay-consigliere/time-machine/",
    "system-dependencies": "/systems/clay-consigliere/dependencies/",
    "authority": "/amendments/authority/",
    "people": "/people/",
    "budgets": "/budgets/",
    "ledger": "/ledger/",
    "ledger-entry": "/ledger/3/",
    "jobs": "/jobs/",
    "guide": "/guide/",
    "help": "/help/amendment/",
    "password": "/accounts/password/change/",
    "two-factor": "/accounts/2fa/",
    "missing": "/amendments/AMD-999999/",
}


@pytest.mark.parametrize("form", ["light", "dark", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_page__in_every_form__is_accessible_and_fits(name: str, form: str, open_page, artefacts: Path) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER, form=form)
    page.goto(PAGES[name])
    check(page, artefacts / f"{name}-{form}.png")


@pytest.mark.parametrize("form", ["light", "dark", "phone"])
@pytest.mark.parametrize("name", ["health", "webhooks", "webhooks-add", "jobs-worker", "demo-remove"])
def test_page__of_whoever_runs_it__is_accessible_and_fits(name: str, form: str, open_page, artefacts: Path) -> None:  # type: ignore[no-untyped-def]
    page = open_page(ADMIN, form=form)
    page.goto(f"/{name.replace('-', '/')}/")
    check(page, artefacts / f"{name}-{form}.png")


@pytest.mark.parametrize("form", ["light", "dark", "phone"])
@pytest.mark.parametrize("state", ["proposed", "applied", "rolled_back", "changes_requested"])
def test_amendment__in_every_state__is_accessible_and_fits(state: str, form: str, open_page, artefacts: Path) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER, form=form)
    page.goto(f"/amendments/?state={state}")
    page.locator("main a", has_text=re.compile(r"\S")).locator(
        "xpath=self::*[contains(@href, '/amendments/AMD-')]"
    ).first.click()
    page.wait_for_url(re.compile(r"/amendments/AMD-\d+/"))
    check(page, artefacts / f"amendment-{state}-{form}.png")


def test_sign_in__in_every_form__is_accessible(chromium, product, artefacts: Path) -> None:  # type: ignore[no-untyped-def]
    for form, scheme in (("light", "light"), ("dark", "dark")):
        context = chromium.new_context(base_url=product.url, color_scheme=scheme)
        page = context.new_page()
        page.goto("/accounts/login/")
        check(page, artefacts / f"sign-in-{form}.png")
        context.close()


def check(page, picture: Path) -> None:  # type: ignore[no-untyped-def]
    """Screenshot, axe, and no sideways scrolling."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(picture), full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
