"""seeds/000 Rule 1: no evidence, no amendment."""

from __future__ import annotations

from typing import Any

import pytest

from governance.amendments.evidence import BASIS_ITEMS, ITEMS, checklist, known_keys, missing
from governance.amendments.kinds import AmendmentType, Basis

WHOLE: dict[AmendmentType, dict[str, Any]] = {
    AmendmentType.DREAM_PROMOTION: {"dream_id": "d", "success_rate": 0.96},
    AmendmentType.MANUAL_UPDATE: {"reason": "Because."},
    AmendmentType.GOVERNANCE_TIGHTENING: {"gov_md_section": "7.3", "reason": "GDPR."},
    AmendmentType.CAPABILITY_EXPANSION: {"testing_status": "passed", "deployment_plan": "In May."},
}


def _missing(type: AmendmentType, evidence: dict[str, Any], basis: Basis = Basis.ORDINARY) -> set[str]:
    return {item.keys[0] for item in missing(type=type, basis=basis, evidence=evidence)}


def test_lists__cover_every_type_and_basis_and_each_requires_something() -> None:
    assert set(ITEMS) == set(AmendmentType) == set(WHOLE) and set(BASIS_ITEMS) == set(Basis)
    assert all(any(item.is_required for item in items) for items in ITEMS.values())


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("type", AmendmentType)
def test_whole_evidence__misses_nothing(type: AmendmentType, basis: Basis) -> None:
    assert _missing(type, WHOLE[type], basis) == set()


@pytest.mark.parametrize(("type", "key"), [(type, key) for type, items in WHOLE.items() for key in items])
@pytest.mark.parametrize("empty", ["gone", None, "", "   ", [], {}], ids=repr)
def test_each_required_item__is_missed_when_it_is_empty(type: AmendmentType, key: str, empty: Any) -> None:
    evidence = {**WHOLE[type], key: empty}
    if empty == "gone":
        del evidence[key]
    assert len(_missing(type, evidence)) == 1


@pytest.mark.parametrize("value", [0, False, 0.0])
def test_zero_and_false__are_evidence(value: Any) -> None:
    assert _missing(AmendmentType.DREAM_PROMOTION, {"dream_id": "d", "success_rate": value}) == set()


def test_alternatives__one_of_them_is_enough() -> None:
    """The seeds' own example has a deployment date where the rule says plan."""
    example = {"reason": "Added PersonaPlex", "deployment_date": "2026-01-28", "testing_status": "passed"}
    assert _missing(AmendmentType.CAPABILITY_EXPANSION, example) == set()


def test_checklist__says_who_supplied_what_and_when() -> None:
    sources = {"reason": {"source": "bo@example.org", "date": "2026-11-02"}}
    evidence = {"reason": "Because.", "ticket": "OMS-1"}
    lines = checklist(type=AmendmentType.MANUAL_UPDATE, basis=Basis.SECURITY_PATCH, evidence=evidence, sources=sources)
    told = [(line.item.label, line.is_present, line.value, line.source, line.date) for line in lines]
    assert told == [
        ("Reason", True, "Because.", "bo@example.org", "2026-11-02"),
        ("Ticket", True, "OMS-1", "", ""),
        ("Vulnerability", False, None, "", ""),
    ]


def test_known_keys__are_those_of_the_lists() -> None:
    assert known_keys(AmendmentType.MANUAL_UPDATE, Basis.SECURITY_PATCH) == {
        "reason",
        "jira_ticket",
        "ticket",
        "vulnerability",
    }
