"""What a verification found, in sentences. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_FINDINGS = 1000
"""Findings kept word for word; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not follow from the signed chain. `label` names the row, `code` the check."""

    label: str
    code: str
    sentence: str
    sequence: int | None = None
    line: int = 0

    def __str__(self) -> str:
        where = f" (line {self.line:,} of the file)" if self.line and not self.label.startswith("Line ") else ""
        return f"{self.label}{where}: {self.sentence}"

    def as_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "code": self.code,
            "sentence": self.sentence,
            "text": str(self),
            "sequence": self.sequence,
            "line": self.line or None,
        }


@dataclass(slots=True)
class Findings:
    """Collects findings and keeps memory bounded."""

    kept: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, label: str, code: str, sentence: str, *, sequence: int | None = None, line: int = 0) -> None:
        self.count += 1
        if len(self.kept) < MAX_FINDINGS:
            self.kept.append(Finding(label, code, sentence, sequence, line))


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to "is this record whole and true?": `findings` speak of integrity, `not_established` of limits."""

    tenant_id: str
    tenant_name: str
    head_sequence: int
    head_hash: str
    root: str
    """The did:key of TARS in this tenant, under which everything else stands or falls."""
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    finding_count: int
    established: tuple[str, ...]
    not_established: tuple[str, ...]

    @property
    def is_verified(self) -> bool:
        return self.finding_count == 0

    @property
    def left_out(self) -> int:
        return self.finding_count - len(self.findings)

    @property
    def headline(self) -> str:
        entries = self.counts.get("entry", 0)
        noun = "entry" if entries == 1 else "entries"
        if self.is_verified:
            return f"Verified: {entries:,} {noun} of {self.tenant_name or 'an unnamed tenant'}."
        faults = "1 finding" if self.finding_count == 1 else f"{self.finding_count:,} findings"
        return f"Not verified: {faults} in {entries:,} {noun} of {self.tenant_name or 'an unnamed tenant'}."

    def as_json(self) -> dict[str, Any]:
        return {
            "verified": self.is_verified,
            "headline": self.headline,
            "tenant_id": self.tenant_id,
            "tenant_name": self.tenant_name,
            "head": {"sequence": self.head_sequence, "entry_hash": self.head_hash},
            "root": self.root,
            "counts": self.counts,
            "findings": [finding.as_json() for finding in self.findings],
            "findings_left_out": self.left_out,
            "established": list(self.established),
            "not_established": list(self.not_established),
        }

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Report:
        """Read back what `as_json` wrote (a worker's answer)."""
        findings = tuple(
            Finding(
                label=item["label"],
                code=item["code"],
                sentence=item["sentence"],
                sequence=item["sequence"],
                line=item["line"] or 0,
            )
            for item in data["findings"]
        )
        return cls(
            tenant_id=data["tenant_id"],
            tenant_name=data["tenant_name"],
            head_sequence=data["head"]["sequence"],
            head_hash=data["head"]["entry_hash"],
            root=data["root"],
            counts=data["counts"],
            findings=findings,
            finding_count=len(findings) + data["findings_left_out"],
            established=tuple(data["established"]),
            not_established=tuple(data["not_established"]),
        )
