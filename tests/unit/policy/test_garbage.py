"""Whatever comes in, a theory or a refusal comes out, and never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import example, given
from hypothesis import strategies as st

from governance.errors import DomainError
from governance.policy.conclude import conclude
from governance.policy.jsonform import json_of, read, theory_of
from governance.policy.rules import Theory
from governance.policy.text import body, head, literal, parse
from governance.policy.writing import condition_text, head_text, literal_text, theory_text

Read = TypeVar("Read")

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


def reading(read: Callable[[Any], Read], given: Any) -> Read | None:
    """What is read, or None for a refusal; anything else that is raised is a failure."""
    try:
        return read(given)
    except DomainError:
        return None


def is_consistent(theory: Theory) -> bool:
    """Whether no tag is given and denied to one literal; a theory may be refused, for its variables or its size."""
    found = reading(conclude, theory)
    if found is None:
        return True
    pairs = (
        (found.definite, found.not_definite),
        (found.defeasible, found.not_defeasible),
        (found.obligations, found.not_obligations),
        (found.permissions, found.not_permissions),
    )
    return all(
        set(proved).isdisjoint(refuted) and {*proved, *refuted} <= {*found.literals} for proved, refuted in pairs
    )


@given(TEXTS)
@example("r1: a, not b => [O] p, q (weight legal)\nr2: => ~a\nr2 > r1\na")
def test_parse__any_text__is_a_theory_or_refused(text: str) -> None:
    theory = reading(parse, text)
    if theory is not None:
        assert parse(theory_text(theory)) == theory
        assert is_consistent(theory)


@given(TEXTS)
@example("[P] ~p(X, 1)")
@example("~p")
@example("not [O] a, amount * 2 > 1.5, known(b)")
def test_parts__any_text__are_read_or_refused(text: str) -> None:
    conditions, conclusion, fact = reading(body, text), reading(head, text), reading(literal, text)
    assert conditions is None or body(", ".join(map(condition_text, conditions))) == conditions
    assert conclusion is None or head(head_text(conclusion)) == conclusion
    assert fact is None or literal(literal_text(fact)) == fact


@given(TEXTS)
@example('{"facts": ["a"], "rules": [{"id": "r1", "type": "strict", "body": ["not a"], "head": "b"}]}')
def test_read__any_text__is_a_theory_or_refused(text: str) -> None:
    theory = reading(read, text)
    assert theory is None or theory_of(json_of(theory)) == theory


@given(VALUES)
@example(
    {"facts": ["a"], "rules": [{"id": "r1", "kind": "constitutive", "body": [{"O": "a"}], "head": "b", "weight": 3}]}
)
def test_theory_of__any_value__is_a_theory_or_refused(value: Any) -> None:
    theory = reading(theory_of, value)
    if theory is not None:
        assert theory_of(json_of(theory)) == theory
        assert is_consistent(theory)
