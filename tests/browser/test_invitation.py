"""From the inviting admin's page to the invited person's first sign-in, as browsers send it (Origin and Referer included)."""

from __future__ import annotations

import re

ADMIN = "admin@oms.com"
PASSWORD = "seven blue elephants"


def test_admin__invites__the_newcomer_chooses_a_password_and_is_in(open_page, chromium, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(ADMIN)
    page.goto("/people/")
    page.locator("#invite-email").fill("newcomer@oms.com")
    page.locator("#invite").get_by_label("Auditor").check()
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.locator("#link").input_value()
    context = chromium.new_context(base_url=product.url, viewport={"width": 390, "height": 844})
    newcomer = context.new_page()
    newcomer.goto(link.replace(link.split("/invitations/")[0], product.url))
    newcomer.get_by_label("Name").fill("Nova Comer")
    for field in newcomer.locator("input[type=password]").all():
        field.fill(PASSWORD)
    newcomer.get_by_role("button", name="Accept and join").click()
    newcomer.get_by_text("Welcome to OMS Consulting.", exact=True).wait_for()
    newcomer.goto(link.replace(link.split("/invitations/")[0], product.url))
    assert re.search("accepted already", newcomer.locator("main").inner_text())
    context.close()
