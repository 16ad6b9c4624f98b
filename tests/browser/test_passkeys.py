"""Passkeys with a real browser and Chromium's virtual authenticator: add one, sign in with it, approve with it."""

from __future__ import annotations

import re
from typing import Any

JORDAN, PRESTON = "jordan@oms.com", "preston@oms.com"
OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_passkey__added__signs_in_and_approves(open_page, product) -> None:  # type: ignore[no-untyped-def]
    """At `localhost`: browsers bind passkeys to names, never to an address of numbers."""
    here = product.url.replace("127.0.0.1", "localhost")
    page: Any = open_page(PRESTON)
    number = _proposed(page)

    page = open_page(JORDAN)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    page.goto(f"{here}/accounts/login/")
    page.locator("#id_login").fill(JORDAN)
    page.locator("input[type=password]").fill(product.logins[JORDAN])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{here}/")

    page.goto(f"{here}/accounts/")
    page.get_by_role("link", name="Add a passkey").click()
    _confirmed_again(page, product.logins[JORDAN])
    page.get_by_label("Name of the device").fill("Work laptop")
    page.get_by_role("button", name="Add this device").click()
    page.wait_for_url(re.compile("recovery-codes"))
    page.goto(f"{here}/accounts/")
    assert "Work laptop" in page.locator("main").inner_text()

    page.context.clear_cookies()
    page.goto(f"{here}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{here}/")

    page.goto(f"{here}/amendments/{number}/")
    assert page.locator("main input[type=password]").count() == 0
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.locator("main .chip", has_text="applied").first.wait_for()
    assert "confirmed by passkey" in page.locator("main").inner_text()

    page.goto(f"{here}/amendments/{number}/roll-back/")
    page.get_by_label("Why").first.fill("Tried out, and undone.")
    device.send("WebAuthn.disable")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.locator("main").get_by_role("button", name=re.compile("^Roll back")).last.click()
    page.locator("[data-passkey-says]", has_text="The passkey was not used. Nothing was decided").wait_for()


def _proposed(page: Any) -> str:
    page.goto("/amendments/propose/?system=personaplex-7b")
    editor = page.locator("textarea[data-json]").first
    editor.fill(re.sub(r'("latency_target_ms": )\d+', r"\g<1>720", editor.input_value()))
    page.get_by_label("Reason").first.fill("A passkey is tried out on it.")
    page.get_by_role("button", name="Propose", exact=True).click()
    page.wait_for_url(re.compile(r"/amendments/AMD-\d+/"))
    return re.search(r"AMD-\d+", page.url)[0]  # type: ignore[index]


def _confirmed_again(page: Any, password: str) -> None:
    field = page.locator("main input[type=password]")
    if field.count():
        field.fill(password)
        page.locator("main").get_by_role("button", name="Confirm").click()
