"""What programs are given by people in a browser: a webhook with its log, a token, work that runs by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError

from tests.browser.forms import Walk, check_in_every_form
from tests.browser.pages import ADMIN, STAFF
from tests.browser.product import Product
from tests.receiver import receiver


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
    check_in_every_form(Walk(page), name="webhook", artefacts=artefacts)
    page.locator("main a[href*='/deliveries/']").first.click()
    page.wait_for_url(re.compile(r"/deliveries/[0-9a-f-]{36}/$"))
    assert page.locator("main").get_by_text("webhook.test").count()
    _reloaded_until(page, "The last attempt failed")
    check_in_every_form(Walk(page), name="webhook-delivery", artefacts=artefacts)


def test_worker__delivers_a_test_event__and_the_log_says_so(open_page: Callable[..., Any]) -> None:
    page = open_page(ADMIN)
    with receiver() as listener:
        page.goto("/webhooks/add/")
        page.get_by_label("Name").fill("Listening server")
        page.get_by_label("Address").fill(listener.url)
        page.get_by_role("button", name="Add and show the secret").click()
        page.get_by_role("link", name="I have copied it").click()
        page.get_by_role("button", name="Send a test event").click()
        _reloaded_until(page, "delivered", within="main a[href*='/deliveries/'] .chip")
        (arrived,) = listener.got
    assert json.loads(arrived.body)["type"] == "webhook.test"
    page.locator("main a[href*='/deliveries/']").first.click()
    assert page.locator("main").get_by_text(arrived.headers["webhook-id"]).count()


def test_staff__visit__its_end_is_a_job_that_the_admin_opens(
    open_page: Callable[..., Any], product: Product, artefacts: Path
) -> None:
    staff, admin = open_page(STAFF), open_page(ADMIN)
    staff.goto("/platform/tenants/?q=OMS")
    staff.locator("main a[href^='/platform/tenants/']", has_text="OMS Consulting").first.click()
    asked = staff.locator("main form[action$='/visit/']")
    asked.locator("[name=reason]").fill("The admin asked for help with a webhook.")
    asked.locator("[name=confirm]").fill(product.logins[STAFF])
    asked.get_by_role("button", name="Visit the tenant").click()
    staff.get_by_role("button", name="End the visit").wait_for()
    check_in_every_form(Walk(staff), name="visit", artefacts=artefacts)

    admin.goto("/jobs/")
    admin.locator("main a[data-row]", has_text="End the visit of").first.click()
    admin.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/$"))
    check_in_every_form(Walk(admin), name="job", artefacts=artefacts)

    staff.get_by_role("button", name="End the visit").click()
    staff.wait_for_url(re.compile(r"/platform/tenants/$"))


def _reloaded_until(page: Any, words: str, *, within: str = "main") -> None:
    """The work is the worker's: look again until it has done it, for half a minute."""
    for _ in range(15):
        try:
            page.locator(within).get_by_text(words).first.wait_for(timeout=2000)
            return
        except TimeoutError:
            page.reload()
    raise AssertionError(f"{page.url} never said “{words}”")
