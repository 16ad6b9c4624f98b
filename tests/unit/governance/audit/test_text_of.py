from __future__ import annotations

from typing import Any

import pytest

from governance.audit.entries import text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([], "nothing"),
        (["a", "b"], "a, b"),
        ({"status": "active", "tags": ["x"]}, "status: active; tags: x"),
        ({"limit": {"change": "changed", "old": 1}}, 'limit: {"change": "changed", "old": 1}'),
    ],
)
def test_text_of__any_value__reads_in_one_line(value: Any, text: str) -> None:
    assert text_of(value) == text
