"""Text that wants to be a script, typed by an operator and read by an officer, in a browser that would run it."""

from __future__ import annotations

import re

BO, OFFICER = "preston@oms.com", "compliance-officer@oms.com"
PLANTED = "<img src=x onerror='window.planted=1'><script>window.planted=1</script>\"><svg onload=window.planted=1>"


def test_planted_script__is_read_as_text_and_never_runs(open_page) -> None:  # type: ignore[no-untyped-def]
    """`open_page` fails on any content policy violation: the text must not even be tried as a script."""
    page = open_page(BO)
    page.goto("/amendments/propose/?system=domicile-governance")
    editor = page.locator("textarea[data-json]").first
    added = PLANTED.replace('"', '\\"')
    editor.fill(re.sub(r"\}\s*$", f', "remarks": "{added}"}}', editor.input_value()))
    editor.press("End")
    page.get_by_label("Reason").first.fill(PLANTED)
    page.get_by_text("onerror").first.wait_for()
    page.get_by_role("button", name="Propose", exact=True).click()
    page.wait_for_url(re.compile(r"/amendments/AMD-\d+/"))
    address = page.url

    reader = open_page(OFFICER)
    for path in (address, f"{address}?view=side", "/inbox/?tab=team", "/amendments/", "/ledger/"):
        reader.goto(path)
        reader.wait_for_load_state("networkidle")
        assert reader.evaluate("window.planted") is None, path
    reader.goto(address)
    assert "onerror" in reader.locator("main").inner_text()
