"""What the product is for, done by people in a browser: decide, propose, roll back, verify."""

from __future__ import annotations

import re

OFFICER, PRESTON, JORDAN = "compliance-officer@oms.com", "preston@oms.com", "jordan@oms.com"
AUDITOR, MEMBER = "auditor@oms.com", "katie@oms.com"


def test_officer__approves_from_the_inbox__sees_the_constitution_change(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/?q=change_bank_details")
    page.get_by_text("“change_bank_details” now also needs approval.").first.click()
    page.locator("#_pane [name=confirm]").fill(product.logins[OFFICER])
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.get_by_text("it took effect on domicile-governance").first.wait_for()
    page.goto("/systems/domicile-governance/")
    assert "change_bank_details" in page.locator("main").inner_text()


def test_officer__wrong_password__nothing_is_decided(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/?q=export_memories")
    page.get_by_text("“export_memories” now also needs approval.").first.click()
    page.locator("#_pane [name=confirm]").fill("not my password")
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.get_by_text("is not right. Nothing was decided").first.wait_for()
    assert page.locator("main .chip", has_text="in review").count()


def test_officer__without_scripts__rejects_with_a_note(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER, scripts=False)
    page.goto("/inbox/?q=Refund")
    page.get_by_text("Refund limit rises").first.click()
    page.locator("[name=note]").first.fill("Five times the limit in one step; come back with 200.")
    page.locator("[name=confirm]").first.fill(product.logins[OFFICER])
    page.get_by_role("button", name=re.compile("^Reject")).first.click()
    page.locator("main .chip", has_text="rejected").first.wait_for()


def test_operator__proposes_with_a_live_sentence_and_a_colleague_approves(open_page, product) -> None:  # type: ignore[no-untyped-def]
    page = open_page(JORDAN)
    page.goto("/amendments/propose/?system=personaplex-7b")
    editor = page.locator("textarea[data-json]").first
    text = editor.input_value()
    assert '"latency_target_ms"' in text
    editor.fill(re.sub(r'("latency_target_ms": )\d+', r"\g<1>650", text))
    editor.press("End")
    page.get_by_text(re.compile(r"Latency target .* to 650 ms")).first.wait_for()
    page.get_by_label("Reason").first.fill("Callers wait for complete sentences anyway.")
    page.get_by_role("button", name="Propose", exact=True).click()
    page.wait_for_url(re.compile(r"/amendments/AMD-\d+/"))
    address = page.url
    assert page.get_by_text("a second person must decide").count()

    colleague = open_page(PRESTON)
    colleague.goto(address)
    colleague.locator("[name=confirm]").first.fill(product.logins[PRESTON])
    colleague.get_by_role("button", name=re.compile("^Approve")).first.click()
    colleague.locator("main .chip", has_text="applied").first.wait_for()

    page = colleague
    page.goto(address + "roll-back/")
    page.get_by_label("Why").first.fill("Latency complaints doubled.")
    page.locator("main [name=confirm]").last.fill(product.logins[PRESTON])
    page.locator("main").get_by_role("button", name=re.compile("^Roll back")).last.click()
    page.locator("main .chip", has_text="rolled back").first.wait_for()


def test_auditor__verifies_the_record_and_may_decide_nothing(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(AUDITOR)
    page.goto("/ledger/")
    page.get_by_role("button", name="Verify now").click()
    page.locator("#verification-title", has_text="Verified:").wait_for()
    page.goto("/amendments/?state=proposed")
    page.locator("main a[href*='/amendments/AMD-']").first.click()
    assert page.locator("main [name=confirm]").count() == 0


def test_member__has_no_desk__is_told_so(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(MEMBER)
    answer = page.goto("/ledger/")
    assert answer.status == 403
    assert "You need the role" in page.locator("main").inner_text()


def test_keyboard__moves_and_opens__without_a_mouse(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page(OFFICER)
    page.goto("/inbox/?tab=team&type=governance_tightening")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/inbox/\?tab=team&.*open=AMD-\d+$"))
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/systems/$"))
    assert page.get_by_role("heading", name="Systems", exact=True).count() == 1
