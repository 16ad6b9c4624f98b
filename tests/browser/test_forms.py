"""The look in three forms looks at every colour once, and at what may lie on something else each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import forms
from tests.browser.forms import WIDE, Walk, check_in_every_form

PLAIN = "<p>Said plainly.</p>"
BAD = {
    "too pale": '<p style="color: #bbb">Hard to read.</p>',
    "too pale on a phone": "<style>@media (max-width: 600px) { i { color: #ccc } }</style><p><i>Hard to read there.</i></p>",
    "too pale in the dark": "<style>@media (prefers-color-scheme: dark) { i { color: #ddd } }</style><p><i>Hard to read.</i></p>",
    "behind a veil": '<div style="opacity: 0.3"><p>Said plainly.</p></div>',
    "on a ground of its own": '<div style="background: #222">Said plainly.</div>',
    "loose, over something else": (
        '<div style="position: relative"><div style="height: 4em; background: #222"></div>'
        '<p style="position: absolute; top: 1em; margin: 0">Said plainly.</p></div>'
    ),
}


@pytest.fixture
def walk(chromium: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    monkeypatch.setattr(forms, "_judged", set())
    context = chromium.new_context(viewport=WIDE)
    yield Walk(context.new_page())
    context.close()


def check(walk: Walk, body: str, artefacts: Path) -> None:
    walk.page.set_content(
        f'<!doctype html><html lang="en"><head><title>Colours</title><meta name="viewport" content="width=device-width"></head>'
        f'<body style="color: #111; background: #fff"><main><h1>Colours</h1>{PLAIN}{body}</main></body></html>'
    )
    check_in_every_form(walk, name="colours", artefacts=artefacts)


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_page__with_a_text_that_cannot_be_read__fails_however_often(walk: Walk, tmp_path: Path, body: str) -> None:
    check(walk, "", tmp_path)
    for _ in range(2):
        with pytest.raises(AssertionError, match="color-contrast"):
            check(walk, body, tmp_path)


def test_colours__that_were_judged__are_not_looked_at_again(
    walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(walk, "", tmp_path)
    known = set(forms._judged)
    assert len(known) == 2, "the heading and the paragraph"
    monkeypatch.setattr(forms, "OF_CONTRAST", None)
    check(walk, f'<div style="background: #fff">{PLAIN}</div>', tmp_path)
    assert forms._judged == known
