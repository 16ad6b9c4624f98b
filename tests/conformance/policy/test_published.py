"""Published examples: the slow reference and the engine both say what the source says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.agreement import asked, concluded

from .corpus import answer, cases, norms, question, tags, theory_of


def named(*files: str) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for name in files for c in cases(name)])


def test_every_example__has_a_source_and_its_own_id() -> None:
    every = [case for name in ("nonmonotonic", "norms", "law") for case in cases(name)]
    assert len({case["id"] for case in every}) == len(every) >= 40
    assert all(case["source"] and case["title"] for case in every)


@named("nonmonotonic")
def test_reference__tags_of_the_literature(case: dict[str, Any]) -> None:
    found, expected = tags(case), {"open_D": [], "open_d": [], **case["expect"]}
    assert {name: found[name] for name in expected} == {name: sorted(list_) for name, list_ in expected.items()}


@named("norms")
def test_reference__norms_of_the_literature(case: dict[str, Any]) -> None:
    assert norms(case) == {name: sorted(list_) for name, list_ in case["expect"].items()}


@named("law")
def test_reference__verdicts_of_the_law(case: dict[str, Any]) -> None:
    found, expected = answer(case), case["expect"]
    assert (found.outcome, sorted(found.because)) == (expected["outcome"], sorted(expected["because"]))
    assert sorted(found.missing) == expected.get("missing", [])
    assert (found.has_error, found.has_conflict) == (expected.get("error", False), expected.get("conflict", False))
    assert str(found.score) == expected.get("score", str(found.score))


@named("nonmonotonic", "norms")
def test_conclude__same_tags_as_the_reference(case: dict[str, Any]) -> None:
    assert concluded(theory_of(case)) == {}


@named("law")
def test_decide__same_verdict_as_the_reference(case: dict[str, Any]) -> None:
    assert asked(theory_of(case), **question(case)) == {}
