"""What programs are given by people in a browser: a webhook with its log, a token, work that runs by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.pages import ADMIN
from tests.browser.test_pages import FORMS, check


def test_admin__adds_a_webhook__tests_it_and_reads_its_log(open_page: Callable[..., Any], artefacts: Path) -> None:
    page = open_page(ADMIN)
    page.goto("/webhooks/add/")
    page.get_by_label("Name").fill("Build server")
    # Nobody listens there: the log has to say so.
    page.get_by_label("Address").fill("http://127.0.0.1:9/tars")
    page.get_by_role("button", name="Add and show the secret").click()
    page.get_by_role("link", name="I have copied it").click()
    page.wait_for_url(re.compile(r"/webhooks/[0-9a-f-]{36}/$"))
    page.get_by_role("button", name="Send a test event").click()
    _in_every_form(page, "webhook", artefacts)
    page.locator("main a[href*='/deliveries/']").first.click()
    page.wait_for_url(re.compile(r"/deliveries/[0-9a-f-]{36}/$"))
    assert page.locator("main").get_by_text("webhook.test").count()
    _in_every_form(page, "webhook-delivery", artefacts)


def test_admin__opens_a_job__sees_where_it_stands(open_page: Callable[..., Any], artefacts: Path) -> None:
    page = open_page(ADMIN)
    page.goto("/jobs/")
    page.locator("main a[href^='/jobs/']", has_text=re.compile(r"\w")).locator(
        "xpath=self::*[string-length(@href) > 40]"
    ).first.click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/$"))
    _in_every_form(page, "job", artefacts)


def _in_every_form(page: Any, name: str, artefacts: Path) -> None:
    for form in FORMS:
        check(page, form=form, picture=artefacts / f"{name}-{form}.png")
    page.set_viewport_size(FORMS["light"][1])
