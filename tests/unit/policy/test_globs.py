"""Globs agree with the standard library's, and are never slow."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from governance.policy.exclusive import meet
from governance.policy.globs import Texts, covers

TEXT = st.text("ab.", max_size=8)
GLOB = st.text("ab.*?", max_size=8)


def _expected(glob: str, text: str) -> bool:
    pattern = "".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in glob)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


@given(GLOB, TEXT)
def test_a_glob_covers_what_its_pattern_matches(glob: str, text: str) -> None:
    assert covers(glob=glob, text=text) is _expected(glob, text)


@given(GLOB, st.sets(TEXT))
def test_texts_that_a_glob_covers_are_all_found(glob: str, texts: set[str]) -> None:
    assert sorted(Texts(texts).covered(glob=glob)) == sorted(text for text in texts if covers(glob=glob, text=text))


@given(st.text("ab*", max_size=5), st.text("ab*", max_size=5), st.text("ab", max_size=6))
def test_globs_that_cover_one_text_meet(one: str, other: str, text: str) -> None:
    if covers(glob=one, text=text) and covers(glob=other, text=text):
        assert meet(one=one, other=other)


@given(st.text("ab*", max_size=4), st.text("ab*", max_size=4))
def test_globs_that_meet_cover_one_text(one: str, other: str) -> None:
    texts = [""]
    for _ in range(6):
        texts += [text + letter for text in texts if len(text) == max(map(len, texts)) for letter in "ab"]
    shared = any(covers(glob=one, text=text) and covers(glob=other, text=text) for text in texts)
    assert meet(one=one, other=other) is shared
