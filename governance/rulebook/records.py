"""Rules, cases and verdicts as plain values, the same in files and over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from governance.rulebook.queries.cases import Case, Run
from governance.rulebook.queries.rules import RuleLine
from governance.rulebook.queries.verdicts import Line, WholeVerdict
from governance.rulebook.why import Why

RULE_COLUMNS: Final = (
    "id",
    "words",
    "text",
    "document",
    "clause",
    "source",
    "weight",
    "precedence",
    "modality",
    "validity",
    "valid_from",
    "valid_until",
    "authority",
    "bearer",
)
CASE_COLUMNS: Final = (
    "id",
    "name",
    "system",
    "action",
    "facts",
    "decided_at",
    "expected",
    "expected_rules",
    "note",
    "created_at",
    "created_by",
    "retired_at",
    "is_pass",
    "failed_because",
    "outcome",
    "sentence",
)
VERDICT_COLUMNS: Final = (
    "id",
    "at",
    "system",
    "action",
    "session",
    "outcome",
    "sentence",
    "rules_applied",
    "compliance_score",
    "asked_by",
    "digest",
    "is_sealed",
)


def rule_record(line: RuleLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in RULE_COLUMNS}


def case_record(case: Case) -> dict[str, Any]:
    return {**asdict(case), "id": str(case.id), "expected_rules": list(case.expected_rules)}


def run_record(run: Run) -> dict[str, Any]:
    """A case with how it fares."""
    why = run.why
    return {
        **case_record(run.case),
        "is_pass": run.is_pass,
        "failed_because": run.failed_because,
        "outcome": why.outcome if why else None,
        "sentence": why.sentence if why else None,
    }


def line_record(line: Line) -> dict[str, Any]:
    found = {name: getattr(line, name) for name in VERDICT_COLUMNS}
    return {**found, "id": str(line.id), "rules_applied": list(line.rules_applied)}


def verdict_record(found: WholeVerdict) -> dict[str, Any]:
    """One verdict with its question and its reasons."""
    return {
        **line_record(found.line),
        "facts": found.facts,
        "answer": why_record(found.why),
        "rulebook_digest": found.rulebook_digest,
        "signer": found.signer,
        "sealed_in": found.sealed_in,
    }


def why_record(why: Why) -> dict[str, Any]:
    said = asdict(why)
    return {**said, "would_pass_if": [remedy.text for remedy in why.would_pass_if]}
