"""Whatever comes in, a theory or a refusal comes out, and never anything else."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.errors import DomainError
from governance.policy.conclude import conclude
from governance.policy.jsonform import read, theory_of
from governance.policy.text import body, head, literal, parse
from governance.policy.writing import theory_text

SIGNS = "r1 : => -> ~> ~ > ( ) , [O] [F] [P] [ ] not known"
WORDS = 'matches "a" " \\ X p p(X) * a.* 1 2.5 + - / == < true weight source from # é е . ='
PIECES = st.sampled_from([*SIGNS.split(), *WORDS.split(), "\n", "\n  ", " ", "\u202e", "\x00", "\t", "\r", "0" * 200])
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join), st.text())
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["facts", "rules", "superiority", "id", "type", "kind", "body", "head", "O", "notP", "weight", "tier"]
            ),
            inner,
            max_size=5,
        ),
    ),
)


@given(TEXTS)
def test_parse__any_text__is_a_theory_or_refused(text: str) -> None:
    with contextlib.suppress(DomainError):
        theory = parse(text)
        assert parse(theory_text(theory)) == theory
        conclude(theory).as_json()


@given(TEXTS)
def test_parts__any_text__are_read_or_refused(text: str) -> None:
    for reading in (body, head, literal, read):
        with contextlib.suppress(DomainError):
            reading(text)


@given(VALUES)
def test_theory_of__any_value__is_a_theory_or_refused(value: Any) -> None:
    with contextlib.suppress(DomainError):
        conclude(theory_of(value)).as_json()
