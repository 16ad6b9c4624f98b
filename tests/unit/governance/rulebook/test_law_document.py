"""The law as a document: what it states, and what keeps it from being activated."""

from __future__ import annotations

from typing import Any

import pytest

from governance.policy.errors import NotATheory
from governance.policy.precedence import Precedence
from governance.rulebook import law_document


def law(rules: str, *, format: str = "gov_md", name: str = "gov.md", clause: str = "7.3") -> dict[str, Any]:
    content = {
        "format": format,
        "title": "Law",
        "authority": "OMS",
        "clauses": {clause: {"title": "T", "rules": rules}},
    }
    return {**law_document.empty_law(), "documents": {name: content}}


def test_theory_of__the_empty_law__states_nothing() -> None:
    assert law_document.theory_of(law_document.empty_law()).rules == ()
    assert law_document.problems(law_document.empty_law()) == ()


def test_theory_of__a_clause__is_cited_qualified_and_of_its_class() -> None:
    theory = law_document.theory_of(law("r1: => [F] delete\nr2: => [P] read\nr1 > r2"))
    first = theory.rules[0]
    assert (first.id, first.source, first.authority, first.weight) == (
        "gov.md/r1",
        "gov.md 7.3",
        "OMS",
        Precedence.LEGAL,
    )
    assert theory.preferences == (("gov.md/r1", "gov.md/r2"),)


def test_theory_of__a_rules_file__is_a_domain_guideline() -> None:
    theory = law_document.theory_of(law("r1: => [F] delete", format="rules", name="house"))
    assert theory.rules[0].weight == Precedence.DOMAIN


def test_theory_of__a_text_that_does_not_parse__names_its_clause() -> None:
    with pytest.raises(NotATheory) as caught:
        law_document.theory_of(law("r1: => [F] delete\nr2 => ,"))
    assert caught.value.sentence.startswith("gov.md 7.3: ")
    assert caught.value.line == 2


def test_problems__a_text_that_does_not_parse__says_clause_line_and_column() -> None:
    found = law_document.problems(law("r1: => [F] delete\nr2 => ,"))
    assert [finding.code for finding in found] == ["not_a_theory"]
    assert "line 2, column" in found[0].sentence
    assert found[0].rules == ("gov.md 7.3",)


@pytest.mark.parametrize(
    "constitution",
    [
        {"name": "law"},
        {"name": "law", "kind": "law", "documents": []},
        {"name": "law", "kind": "law", "documents": {"a": {"format": "word"}}},
        {"name": "law", "kind": "law", "documents": {"a": {"format": "rules", "clauses": {"1": {"rules": 5}}}}},
        {"name": "law", "kind": "law", "documents": {"a": {"format": "rules", "enacted_at": "yesterday"}}},
    ],
)
def test_problems__another_shape__is_named(constitution: Any) -> None:
    assert {finding.code for finding in law_document.problems(constitution)} == {"not_a_law"}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("r1: => [P] delete (weight constitutional_prohibition)", "above_its_class"),
        ("r1: => [O] report (weight 950)", "above_its_class"),
        ('r1: => approved("delete")', "reserved_name"),
        ("r1: => estop.in_force", "reserved_name"),
        ("safety.is_spent", "reserved_name"),
    ],
)
def test_problems__reaching_above_its_class_or_for_tars_words__is_refused(rules: str, code: str) -> None:
    assert code in {finding.code for finding in law_document.problems(law(rules))}


def test_problems__a_constitutional_prohibition__may_be_stated() -> None:
    assert law_document.problems(law("r1: => [F] delete (weight constitutional_prohibition)")) == ()
