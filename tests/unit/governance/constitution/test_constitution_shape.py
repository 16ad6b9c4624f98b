"""Which documents are constitutions: the examples of the sources are, and each fault is named by its pointer."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution import schema
from governance.constitution.schema import InvalidConstitution

EXAMPLES: list[dict[str, Any]] = [
    {},
    {
        "skill": "clay-consigliere",
        "persona_id": "18895da3",
        "prime_directives": ["MVP Protocol (80/20 Rule)", "Compliance is Sovereign"],
        "routing_rules": {"confidence_threshold": 0.7, "fallback_enabled": True, "max_retries": 3},
        "covenant": "Protect the build. Ship at 80%. Compliance sovereign.",
    },
    {"skill": "clay-consigliere", "routing_confidence_threshold": 0.7, "fallback_delay_ms": 500},
    {
        "routing_confidence_threshold": 0.7,
        "fallback_delay_ms": 200,
        "max_monthly_budget_usd": 1000,
        "audit_trail_required": True,
        "retention_period_days": 2555,
    },
    {
        "skill": "domicile-governance",
        "requires_approval": ["upload_payroll_entries", "audit", "delete"],
        "dual_write_enabled": True,
        "fuzzy_match_threshold": 0.4,
        "covenant": "Profit from errors. Dual-write. ARM mode.",
    },
    {"skill": "personaplex-7b", "model": "nvidia/personaplex-7b", "voice_quality": "high", "latency_target_ms": 500},
    {"skill": "domicile-governance", "version": "1.0.0", "domain": "HR/Payroll/Compliance"},
    {"unknown": {"kept": [1, None]}, "routing_rules": {"also": "kept"}},
    {"budgets": {"usd_budget": {"limit": 1000, "window": "monthly", "alert_threshold": 0.8}, "api_calls": 500}},
    {
        "routing_rules": {"confidence_threshold": 0.7},
        "routing_confidence_threshold": 0.70,
        "tunable": {"/routing_confidence_threshold": {"min": 0.5, "max": 0.9, "step": 0.05}},
        "protected": ["/requires_approval", "/retention_period_days"],
    },
]


@pytest.mark.parametrize("document", EXAMPLES)
def test_check__example_of_the_sources__is_a_constitution(document: dict[str, Any]) -> None:
    schema.check(document)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (None, ""),
        ({"skill": 1}, "/skill"),
        ({"skill": ""}, "/skill"),
        ({"capabilities": ["a", "a"]}, "/capabilities"),
        ({"capabilities": "payroll"}, "/capabilities"),
        ({"requires_approval": [1]}, "/requires_approval/0"),
        ({"requires_approval": ["delete\u200b"]}, "/requires_approval/0"),
        ({"requires_approval": [" delete"]}, "/requires_approval/0"),
        ({"capabilities": ["pay\u202eroll"]}, "/capabilities/0"),
        ({"routing_confidence_threshold": 1.1}, "/routing_confidence_threshold"),
        ({"routing_confidence_threshold": True}, "/routing_confidence_threshold"),
        ({"routing_rules": {"max_retries": 1.5}}, "/routing_rules/max_retries"),
        ({"routing_rules": {"confidence_threshold": "high"}}, "/routing_rules/confidence_threshold"),
        ({"max_monthly_budget_usd": -1}, "/max_monthly_budget_usd"),
        ({"max_monthly_budget_usd": None}, "/max_monthly_budget_usd"),
        ({"budgets": {"a": -1}}, "/budgets/a"),
        ({"budgets": {"a": {}}}, "/budgets/a"),
        ({"budgets": {"a/b": {"limit": 1, "window": "yearly"}}}, "/budgets/a~1b/window"),
        ({"retention_period_days": 1.5}, "/retention_period_days"),
        ({"audit_trail_required": "yes"}, "/audit_trail_required"),
        ({"protected": ["requires_approval"]}, "/protected/0"),
        ({"protected": [""]}, "/protected/0"),
        ({"protected": ["/a~2"]}, "/protected/0"),
        ({"tunable": ["/a"]}, "/tunable"),
        ({"tunable": {"a": {"min": 0, "max": 1}}}, "/tunable"),
        ({"tunable": {"/a": {"min": 0}}}, "/tunable/~1a"),
        ({"tunable": {"/a": {"min": 2, "max": 1}}}, "/tunable/~1a"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}, "a": 2}, "/tunable/~1a"),
        ({"tunable": {"/a": {"values": ["x"]}}, "a": "y"}, "/tunable/~1a"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}, "protected": ["/a"]}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 0}}}, "/tunable/~1a/written_by_model"),
        ({"tunable": {"/a": {"written_by_model": True}}}, "/tunable/~1a/written_by_model"),
        ({"tunable": {"/a": {"written_by_model": 11}}}, "/tunable/~1a/written_by_model"),
        ({"tunable": {"/a": {"written_by_model": 3, "longest": 5000}}}, "/tunable/~1a/longest"),
        ({"tunable": {"/a": {"longest": 100}}}, "/tunable/~1a"),
        ({"tunable": {"/a": {"values": ["x"], "longest": 100}}}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3, "min": 0, "max": 1}}, "a": "x"}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3}}, "a": 1}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3}}, "a": ["x"]}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3, "values": [1]}}}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3, "longest": 3}}, "a": "long"}, "/tunable/~1a"),
        ({"tunable": {"/a": {"written_by_model": 3}}, "a": "x", "protected": ["/a"]}, "/tunable/~1a"),
        ({"tunable": {"/a/b": {"min": 0, "max": 1}}, "protected": ["/a"]}, "/tunable/~1a~1b"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}, "protected": ["/a/b"]}, "/tunable/~1a"),
        ({"tunable": {"/tunable/~1a/max": {"min": 0, "max": 1}}}, "/tunable/~1tunable~1~01a~1max"),
        (
            {
                "tunable": {"/routing_rules/confidence_threshold": {"min": 0, "max": 1}},
                "protected": ["/routing_confidence_threshold"],
            },
            "/tunable/~1routing_rules~1confidence_threshold",
        ),
        (
            {"routing_confidence_threshold": 0.7, "routing_rules": {"confidence_threshold": 0.8}},
            "/routing_rules/confidence_threshold",
        ),
        ({"retention_period_days": 1, "retention": {"period_days": 2}}, "/retention/period_days"),
        ({"x": 2**53}, "/x"),
        ({"x": [1e16]}, "/x/0"),
        ({"x": float("nan")}, "/x"),
        ({"x": "\ud800"}, "/x"),
        ({"x": "a" * 2_100_000}, ""),
    ],
)
def test_check__fault__is_named_by_its_pointer(document: Any, pointer: str) -> None:
    with pytest.raises(InvalidConstitution) as caught:
        schema.check(document)
    assert [place for place, _ in caught.value.problems] == [pointer]
    assert caught.value.sentence.isprintable()


def test_check__tunable_and_protected_beside_each_other__fit() -> None:
    schema.check({"tunable": {"/ab": {"min": 0, "max": 1}}, "protected": ["/a"]})


def test_check__texts_of_a_model__alone_or_beside_listed_ones_fit() -> None:
    schema.check({"tunable": {"/a": {"written_by_model": 3}}, "a": "x"})
    schema.check({"tunable": {"/a": {"written_by_model": 10, "longest": 4000, "values": ["x", "y"]}}, "a": "z"})
    schema.check({"tunable": {"/a": {"written_by_model": 1}}})


def test_problems__several__all_of_them() -> None:
    found = schema.problems({"skill": 1, "retention_period_days": "long", "budgets": {"a": "b"}})
    assert [pointer for pointer, _ in found] == ["/budgets/a", "/retention_period_days", "/skill"]


def test_problems__reference_inside_a_document__is_data_and_never_fetched() -> None:
    assert schema.problems({"$schema": "http://127.0.0.1:9/x", "$ref": "http://127.0.0.1:9/y"}) == ()


def test_check__too_deep__refused_and_the_limit_itself_fits() -> None:
    def nested(depth: int) -> dict[str, Any]:
        value: Any = 1
        for _ in range(depth):
            value = {"a": value}
        return value

    schema.check(nested(schema.MAX_DEPTH))
    with pytest.raises(InvalidConstitution):
        schema.check(nested(schema.MAX_DEPTH + 1))


def test_check__more_than_a_megabyte__fits() -> None:
    schema.check({"articles": [{"id": number, "text": "x" * 1000} for number in range(1100)]})


def test_helpers__say_what_a_constitution_states() -> None:
    document = {
        "version": "1.2.0",
        "capabilities": ["payroll"],
        "tunable": {"/a": {"min": 0, "max": 1}},
        "protected": ["/b"],
    }
    assert schema.version_of(document) == "1.2.0"
    assert schema.capabilities_of(document) == ["payroll"]
    assert schema.tunable(document) == {"/a": {"min": 0, "max": 1}}
    assert schema.protected(document) == frozenset({"/b"})
    assert (schema.version_of({}), schema.capabilities_of({}), schema.tunable({}), schema.protected({})) == (
        None,
        [],
        {},
        frozenset(),
    )
