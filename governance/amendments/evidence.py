"""What an amendment must rest on (seeds/000 Rule 1: "No evidence = No amendment"). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.amendments.kinds import AmendmentType, Basis


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist: satisfied when any of `keys` is present in the evidence."""

    keys: tuple[str, ...]
    label: str
    supplied_by: str
    is_required: bool = True
    help: str = ""


ITEMS: dict[AmendmentType, tuple[Item, ...]] = {
    AmendmentType.DREAM_PROMOTION: (
        Item(("dream_id",), "Dream", "TARS", help="the dream whose result this promotes"),
        Item(("success_rate",), "Success rate in the dream", "TARS", help="a share from 0 to 1"),
        Item(("test_runs",), "Test runs", "TARS", is_required=False),
        Item(("avg_duration_improvement_ms", "improvement"), "Improvement", "TARS", is_required=False),
    ),
    AmendmentType.MANUAL_UPDATE: (
        Item(("reason",), "Reason", "Operator", help="why the constitution should change"),
        Item(("jira_ticket", "ticket"), "Ticket", "Operator", is_required=False),
    ),
    AmendmentType.GOVERNANCE_TIGHTENING: (
        Item(("gov_md_section",), "gov.md section", "Compliance officer", help="such as 7.3"),
        Item(("reason",), "Compliance requirement", "Compliance officer", help="the rule that demands this"),
        Item(("effective_date",), "Effective date", "Compliance officer", is_required=False),
    ),
    AmendmentType.CAPABILITY_EXPANSION: (
        Item(("testing_status",), "Testing status", "Operator", help="such as passed"),
        Item(("deployment_plan", "deployment_date"), "Deployment plan", "Operator", help="the plan or its date"),
        Item(("reason",), "Reason", "Operator", is_required=False),
    ),
}
BASIS_ITEMS: dict[Basis, tuple[Item, ...]] = {
    Basis.ORDINARY: (),
    Basis.COMPLIANCE: (),
    Basis.SECURITY_PATCH: (
        Item(("vulnerability",), "Vulnerability", "Security", is_required=False, help="such as a CVE"),
    ),
    Basis.DATA_INTEGRITY: (Item(("corruption",), "Corruption prevented", "Operator", is_required=False),),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A checklist line with what was supplied, by whom and when (empty where it is missing)."""

    item: Item
    value: Any
    source: str
    date: str

    @property
    def is_present(self) -> bool:
        return self.value is not None


def checklist(
    *, type: AmendmentType, basis: Basis, evidence: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]
) -> tuple[Line, ...]:
    """The checklist for this type and basis; `sources` is `{key: {"source", "date"}}`."""
    lines = []
    for item in (*ITEMS[type], *BASIS_ITEMS[basis]):
        key = next((key for key in item.keys if _is_present(evidence.get(key))), None)
        origin = sources.get(key, {}) if key else {}
        value = evidence[key] if key else None
        lines.append(Line(item=item, value=value, source=origin.get("source", ""), date=origin.get("date", "")))
    return tuple(lines)


def missing(*, type: AmendmentType, basis: Basis, evidence: Mapping[str, Any]) -> tuple[Item, ...]:
    """The required items that are not there; nothing can be sent while there is one."""
    lines = checklist(type=type, basis=basis, evidence=evidence, sources={})
    return tuple(line.item for line in lines if line.item.is_required and not line.is_present)


def known_keys(type: AmendmentType, basis: Basis) -> frozenset[str]:
    return frozenset(key for item in (*ITEMS[type], *BASIS_ITEMS[basis]) for key in item.keys)


def _is_present(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip())) and value not in ([], {})
