"""Theories as JSON: both forms in, one form out, errors by pointer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from governance.canonical import InvalidDocument
from governance.policy.errors import NotATheory
from governance.policy.jsonform import has_kinds, json_of, read, theory_of
from governance.policy.rules import Theory
from governance.policy.text import parse
from governance.policy.writing import theory_text

from .strategies import theories


@given(theories())
def test_json_of__any_theory__reads_back_as_it_was(theory: Theory) -> None:
    assert theory_of(json_of(theory)) == theory


def test_theory_of__both_forms__say_what_the_text_says() -> None:
    data = {
        "title": "left alone",
        "facts": ["bird", "~swims"],
        "rules": [
            {"id": "r1", "type": "strict", "body": ["bird", "not heavy"], "head": "~fish"},
            {"id": "r2", "kind": "constitutive", "body": [], "head": ["light"]},
            {
                "id": "r3",
                "kind": "prescriptive",
                "body": [{"O": "~a"}, {"notP": "b"}],
                "head": ["~x", "y"],
                "weight": "legal",
            },
            {
                "id": "r4",
                "kind": "permissive",
                "type": "defeater",
                "body": ["amount > 5"],
                "head": ["pay.*"],
                "source": "gov.md 1",
            },
        ],
        "superiority": [["r3", "r4"]],
    }
    assert theory_of(data) == parse(
        "bird, ~swims\nr1: bird, not heavy -> ~fish\nr2: => light\nr3: [O] ~a, not [P] b => [F] x, y (weight 800)\n"
        'r4: amount > 5 ~> [P] pay.* (source "gov.md 1")\nr3 > r4'
    )
    assert has_kinds(data)
    assert not has_kinds({"rules": [{"id": "r", "type": "strict", "body": [], "head": "p"}]})


RULE = {"id": "r", "type": "defeasible", "body": [], "head": "p"}
SLIPS: list[tuple[Any, str, str]] = [
    ([], "", "is an object"),
    ({"fact": []}, "/fact", "Write facts"),
    ({"facts": "p"}, "/facts", "is a list"),
    ({"facts": [1]}, "/facts/0", "as a text"),
    ({"facts": ["p(X)"]}, "/facts/0", "no variables"),
    ({"facts": ["a b"]}, "/facts/0", "Column 3"),
    ({"facts": ["a\u200b"]}, "/facts/0", "cannot be seen"),
    ({"facts": ["audit", "\u0430udit"]}, "/facts/1", "looks like"),
    ({"rules": [RULE, RULE]}, "/rules/1/id", "taken"),
    ({"rules": [RULE | {"id": "r 1"}]}, "/rules/0/id", "letters"),
    ({"rules": [RULE | {"type": "hard"}]}, "/rules/0/type", "strict"),
    ({"rules": [{"id": "r", "body": [], "head": "p"}]}, "/rules/0/type", "a kind"),
    ({"rules": [RULE | {"head": ["p"]}]}, "/rules/0/head", "one literal"),
    (
        {"rules": [{"id": "r", "kind": "permissive", "body": [], "head": ["a", "b"]}]},
        "/rules/0/head",
        "one rule for each",
    ),
    ({"rules": [{"id": "r", "kind": "prescriptive", "body": [], "head": "a"}]}, "/rules/0/head", "a list"),
    ({"rules": [{"id": "r", "kind": "norm", "body": [], "head": ["a"]}]}, "/rules/0/kind", "constitutive"),
    ({"rules": [RULE | {"body": [{"Q": "a"}]}]}, "/rules/0/body/0", "notO"),
    ({"rules": [RULE | {"body": ["a, b"]}]}, "/rules/0/body/0", "one condition"),
    ({"rules": [RULE | {"wieght": 3}]}, "/rules/0/wieght", "no such member"),
    ({"rules": [RULE | {"weight": 1e3}]}, "/rules/0/weight", "whole number"),
    ({"rules": [RULE | {"weight": True}]}, "/rules/0/weight", "whole number"),
    ({"rules": [RULE | {"valid_from": "soon"}]}, "/rules/0/valid_from", "moment"),
    ({"rules": [RULE | {"valid_from": "2026-02-01", "valid_until": "2026-01-01"}]}, "/rules/0", "before it begins"),
    ({"superiority": [["a"]]}, "/superiority/0", "pair"),
    ({"superiority": [["a", "a"]]}, "/superiority/0", "itself"),
]


@pytest.mark.parametrize(("data", "pointer", "words"), SLIPS)
def test_theory_of__slip__says_where(data: Any, pointer: str, words: str) -> None:
    with pytest.raises(NotATheory) as raised:
        theory_of(data)
    assert raised.value.problems[0][0] == pointer
    assert words in raised.value.sentence


@pytest.mark.parametrize(
    "text",
    ["[" * 10_000 + "]" * 10_000, '{"facts": ["a"], "facts": ["b"]}', '{"facts": ["a\\u0000"]}', "{", " " * 10_485_761],
)
def test_read__deep_doubled_or_too_large__refused_without_a_crash(text: str) -> None:
    with pytest.raises(InvalidDocument):
        read(text)


def test_theory_text__of_json__is_text_that_people_can_read() -> None:
    theory = theory_of({"facts": ["a"], "rules": [RULE | {"body": [{"notO": "q"}]}], "superiority": []})
    assert theory_text(theory) == "a\nr: not [O] q => p\n"
