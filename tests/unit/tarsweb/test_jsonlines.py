from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tarsweb.jsonlines import lines_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_lines_of__any_json__reads_back_as_the_same_value(value: Any) -> None:
    text = "\n".join("".join(part for _, part in line.tokens) for line in lines_of(value))
    assert json.loads(text) == value


@given(JSON)
def test_lines_of__any_json__a_pointer_opens_one_line_only(value: Any) -> None:
    opening = [line.pointer for line in lines_of(value) if line.opens]
    assert len(opening) == len(set(opening))


def test_lines_of__keys_with_slash_and_tilde__are_escaped_as_rfc_6901_says() -> None:
    assert [line.pointer for line in lines_of({"a/b": {"c~d": 1}}) if line.opens] == ["", "/a~1b", "/a~1b/c~0d"]
