"""Which clauses of the law evidence names."""

from __future__ import annotations

import pytest

from governance.amendments import sections

LAW = {"gov.md": ("2.1", "7.3", "7.10", "7.4"), "gdpr": ("art17",), "policy.toml": ("tool.1",)}


@pytest.mark.parametrize(
    "text",
    ["7.3", " 7.3 ", "§ 7.3", "section 7.3", "Clause 7.3.", "gov.md 7.3", "7", "7.3, 7.4; 2.1", "gdpr art17", "gdpr"],
)
def test_unknown__what_the_law_holds__is_known(text: str) -> None:
    assert sections.unknown(text, LAW) == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("9.9", ("9.9",)),
        ("7.3, 9.9", ("9.9",)),
        ("7.1", ("7.1",)),
        ("gdpr art18", ("gdpr art18",)),
        ("because", ("because",)),
        ("§", ("§",)),
    ],
)
def test_unknown__what_it_does_not_hold__is_named(text: str, wrong: tuple[str, ...]) -> None:
    assert sections.unknown(text, LAW) == wrong


def test_unknown__without_a_gov_md__anything_may_be_cited() -> None:
    assert sections.unknown("9.9", {"gdpr": ("art17",)}) == ()


def test_listed__in_the_order_of_numbers() -> None:
    assert sections.listed(LAW) == "2.1, 7.3, 7.4, 7.10"
