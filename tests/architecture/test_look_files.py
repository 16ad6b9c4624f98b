"""The look keeps its promises: no inline style or script, vendored files as recorded."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import tarsweb

ROOT = Path(tarsweb.__file__ or "").resolve().parents[1]
INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|hx-on|js:|<script(?![^>]*\b(?:src|type)=)", re.IGNORECASE)


def test_templates__contain_nothing_the_content_policy_blocks() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in (ROOT / "templates").rglob("*.html")
        if (found := INLINE.search(path.read_text()))
    ]
    assert guilty == []


def test_live_region__is_the_toasts_alone() -> None:
    """Two regions speak over each other, and one that arrives with its words is not heard: see data-says in docs/look.md."""
    speaking = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"role=\"status\"|aria-live", path.read_text())
    ]
    assert speaking == ["templates/shell/toasts.html"]


def test_vendored_files__match_the_recorded_sha256() -> None:
    folder = ROOT / "static" / "vendor"
    recorded = dict(
        re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    assert len(recorded) == 2
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in recorded} == recorded
