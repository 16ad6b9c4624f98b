"""What no file of the repository may say: addresses of package hosts, paths of a machine, secrets; and what a template may."""

from __future__ import annotations

import re

import pytest

from tests.architecture.repository import files, name, own_texts

# put together here, so that this file holds none of them itself
HOSTS = [
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("npm" + "js", "org"),
        ("npm" + "js", "com"),
        ("un" + "pkg", "com"),
        ("js" + "delivr", "net"),
        ("cdn" + "js", "com"),
        ("proxy.go" + "lang", "org"),
        ("crates", "io"),
        ("fonts.google" + "apis", "com"),
        ("fonts.g" + "static", "com"),
    )
]
MACHINE = [re.compile(rf"(?<![\w.])/{folder}/(?:main|shared)\b") for folder in ("work", "mnt", "tmp/tars-")]
SECRETS = [
    re.compile(r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{40,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
]
TEMPLATES = [(title, text) for title, text in own_texts() if title.startswith("templates/") and title.endswith(".html")]


def test_no_file__names_a_package_host_or_loads_from_outside() -> None:
    assert [(title, host) for title, text in own_texts() for host in HOSTS if host in text] == []


def test_no_file__names_a_path_of_this_machine() -> None:
    assert [title for title, text in own_texts() if any(pattern.search(text) for pattern in MACHINE)] == []


def test_no_file__holds_a_secret() -> None:
    assert [title for title, text in own_texts() if any(pattern.search(text) for pattern in SECRETS)] == []
    assert [name(path) for path in files() if path.name in {".env", "secrets.env", "id_rsa", "id_ed25519"}] == []


@pytest.mark.parametrize(("title", "text"), TEMPLATES, ids=[title for title, _ in TEMPLATES])
def test_template__fits_the_content_policy(title: str, text: str) -> None:
    """Inline style, inline script and attributes that evaluate are blocked in the browser; here they fail before."""
    markup = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.S)
    assert not re.search(r"\sstyle\s*=", markup), "use a class"
    assert "<style" not in markup
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", markup), "scripts are files"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", markup), "listen in static/js"
    assert "hx-on" not in markup and "javascript:" not in markup
    assert not re.search(r"hx-vals\s*=\s*[\"']js:", markup)
    assert not re.search(r"hx-trigger\s*=\s*[\"'][^\"']*\[", markup), "trigger filters evaluate"


@pytest.mark.parametrize(("title", "text"), TEMPLATES, ids=[title for title, _ in TEMPLATES])
def test_template__loads_nothing_from_elsewhere(title: str, text: str) -> None:
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//[^\"']+\.(?:js|css|woff2?|png|svg)", text)
