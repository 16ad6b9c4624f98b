"""A change of the tenant's law reads as clauses and rules, and tightens or expands by what its rules do."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution.diff import Effect, changes, effect_of
from governance.constitution.sentence import sentence


def law(**clauses: str) -> dict[str, Any]:
    """A law with one document whose clauses hold these rules."""
    found = {
        f"7.{number}": {"title": "", "text": "", "rules": rules} for number, rules in enumerate(clauses.values(), 1)
    }
    return {
        "name": "law",
        "kind": "law",
        "documents": {"gov.md": {"format": "gov_md", "clauses": found, "digest": "x"}},
    }


EMPTY = {"name": "law", "kind": "law", "documents": {}}


@pytest.mark.parametrize(
    ("rule", "coming"),
    [
        ("r: => [F] delete", Effect.TIGHTENS),
        ("r: big => [O] approved(delete)", Effect.TIGHTENS),
        ("r: => [P] delete", Effect.EXPANDS),
        ("r: => [O] delete", Effect.EXPANDS),
        ("r: => [P] ~approved(delete)", Effect.EXPANDS),
        ("r: => [F] approved(delete)", Effect.EXPANDS),
        ("r: a => b", Effect.UNCLASSIFIED),
        ("r: a ~> [F] b", Effect.UNCLASSIFIED),
        ("r: => [F] a, b", Effect.UNCLASSIFIED),
        ("a", Effect.UNCLASSIFIED),
        ("", Effect.NEUTRAL),
    ],
)
def test_a_rule_that_comes_and_goes(rule: str, coming: Effect) -> None:
    going = {Effect.TIGHTENS: Effect.EXPANDS, Effect.EXPANDS: Effect.TIGHTENS}.get(coming, coming)
    assert effect_of(changes(EMPTY, law(a=rule))) is coming
    assert effect_of(changes(law(a=rule), EMPTY)) is going
    assert effect_of(changes(law(a=""), law(a=rule))) is coming


def test_a_rule_that_changes__is_unclassified() -> None:
    assert effect_of(changes(law(a="r: x => [F] a"), law(a="r: => [F] a"))) is Effect.UNCLASSIFIED
    assert effect_of(changes(law(a="r: => [F] a"), law(a="r: => [F] a\nr > q"))) is Effect.UNCLASSIFIED


def test_rules_that_cannot_be_read__are_unclassified() -> None:
    assert effect_of(changes(law(a=""), law(a="r: => => a"))) is Effect.UNCLASSIFIED


def test_one_permission_among_prohibitions__expands() -> None:
    assert effect_of(changes(EMPTY, law(a="r: => [F] a", b="s: => [P] b"))) is Effect.EXPANDS


def test_another_format_or_date__may_reorder_everything() -> None:
    old, new = law(a="r: => [F] a"), law(a="r: => [F] a")
    new["documents"]["gov.md"]["format"] = "rules"
    assert effect_of(changes(old, new)) is Effect.UNCLASSIFIED


def test_the_sentence__names_documents_clauses_and_rules() -> None:
    assert (
        sentence(changes(EMPTY, law(a="r: => [F] a", b=""))) == "The document gov.md becomes law, 2 clauses and 1 rule."
    )
    assert sentence(changes(law(a="r: => [F] a"), law(a="r: => [F] a", b="s: => [F] b"))) == (
        "Clause 7.2 of gov.md is added: s: => [F] b."
    )
    assert sentence(changes(law(a="r: => [F] a"), law(a="s: => [F] b"))) == (
        "Clause 7.1 of gov.md changes its rules: s: => [F] b, without r."
    )
    assert sentence(changes(law(a=""), EMPTY)) == "The document gov.md is no longer law."


def test_a_system_that_has_documents__is_no_law() -> None:
    old, new = law(a="r: => [F] a"), law(a="r: => [F] b")
    for one in (old, new):
        one["kind"] = "agent"
    assert sentence(changes(old, new)).startswith("… › clauses › 7.1 › rules changes")
    assert effect_of(changes(old, new)) is Effect.UNCLASSIFIED
