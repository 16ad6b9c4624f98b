"""Every word of a template that people read is marked for translation (docs/decisions/0010)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.markup import unmarked
from tests.architecture.repository import files, name

# The stock admin's own pages are Django's to translate; these are sentences of ours all the same.
TEMPLATES = [path for path in files() if name(path).startswith("templates/") and path.suffix == ".html"]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template__marks_every_word(path: Path) -> None:
    assert unmarked(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Nothing waits</p>", ["Nothing waits"]),
        ('<p>{% translate "Nothing waits" %}</p>', []),
        ('<a aria-label="Close it" class="btn">×</a>', ["Close it"]),
        ('<a aria-label="{% translate "Close it" %}">×</a>', []),
        ('<a aria-label="{% if x %}Open{% else %}{% translate "Shut" %}{% endif %}">×</a>', ["Open"]),
        ("{% blocktranslate %}{{ n }} wait{% endblocktranslate %} · {{ x }}", []),
        ("{# a remark #}<script>let words = 1;</script><b>{{ n }} wait</b>", ["wait"]),
        ("<p>AMD-{{ number }} (JSON)</p>", []),
    ],
)
def test_unmarked__finds_what_is_read_and_nothing_else(source: str, found: list[str]) -> None:
    assert unmarked(source) == found
