"""The rows that the verifier reads, as frozen values. Pure.

Times are ISO 8601 texts in UTC with nine decimals (`ledger.hashing.nanoseconds`), ids are texts, and what was hashed is
bytes. A `*_digest` that no column holds is the digest of the canonical form of the column named before it. `line` is
the line of an export file, 0 for a database row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(_Row):
    """Comes first: whose records these are, where the chain's head stands, and which kinds of rows follow.

    `is_rows`: read from a database, which also holds the copies that an export leaves out.
    """

    KIND: ClassVar = "chain"
    tenant_id: str
    tenant_name: str
    head_sequence: int
    head_hash: bytes
    is_rows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(_Row):
    KIND: ClassVar = "key"
    id: str
    user_id: str | None
    name: str
    public_key: bytes
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(_Row):
    KIND: ClassVar = "entry"
    id: str
    tenant_id: str
    sequence: int
    event_type: str
    action_name: str
    subject: str
    actor_name: str
    at: str
    recorded_at: str
    header: bytes
    openings: bytes
    previous_hash: bytes
    entry_hash: bytes
    signer: str
    signature: bytes
    redaction_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(_Row):
    """A decision of the rulebook. `sealed_in`: the entry that holds its digest, behind which it stands; None: not yet."""

    KIND: ClassVar = "verdict"
    id: str
    system_id: str
    action: str
    session: str
    outcome: str
    is_error: bool
    rules_applied: tuple[str, ...]
    sentence: str
    compliance_score: float
    question: bytes
    answer: bytes
    digest: str
    rulebook_digest: str
    asked_by: str
    at: str
    signer: str
    signature: bytes
    sealed_in: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class System(_Row):
    KIND: ClassVar = "system"
    id: str
    name: str
    constitution_digest: str
    constitution_version: int
    version: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(_Row):
    """`applied_in`: the database transaction that wrote it; empty for a registered version, which has no partner."""

    KIND: ClassVar = "version"
    system_id: str
    number: int
    canonical: bytes
    digest: str
    cause: str
    amendment_id: str | None
    at: str
    by: str
    applied_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment(_Row):
    """`proposal_number`: the number of the proposal that the row refers to."""

    KIND: ClassVar = "amendment"
    id: str
    number: int
    proposal_number: int | None
    system_id: str
    system_name: str
    amendment_type: str
    basis: str
    effect: str
    sentence: str
    old_constitution_digest: str
    new_constitution_digest: str
    diff_digest: str
    evidence_digest: str
    base_version: int
    new_version: int
    old_digest: str
    new_digest: str
    bound: bytes
    digest: str
    proposed_by: str
    approved_by: str
    approved_at: str
    can_rollback: bool
    rolled_back_at: str | None
    applied_in: str
    rolled_back_in: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(_Row):
    KIND: ClassVar = "decision"
    id: str
    request_id: str
    user_id: str | None
    actor_name: str
    verdict: str
    roles: tuple[str, ...]
    via: str
    note: str
    digest: str
    confirmed_by: str
    at: str
    statement: bytes
    signer: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(_Row):
    """What was on the screen when the decision was made."""

    KIND: ClassVar = "page"
    decision_id: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(_Row):
    KIND: ClassVar = "proposal"
    id: str
    number: int
    system_id: str
    amendment_type: str
    basis: str
    state: str
    revision: int
    effect: str
    sentence: str
    proposer_id: str | None
    proposed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision(_Row):
    """`proposal_number`, `system_id`, `amendment_type` and `basis` stand in the proposal; the bytes repeat them."""

    KIND: ClassVar = "revision"
    proposal_number: int
    number: int
    system_id: str
    amendment_type: str
    basis: str
    base_version: int
    base_digest: str
    new_constitution: bytes
    new_digest: str
    diff_digest: str
    evidence_digest: str
    policy_version: str
    bound: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback(_Row):
    KIND: ClassVar = "rollback"
    id: str
    amendment_id: str
    system_id: str
    state: str
    reason: str
    effect: str
    diff_digest: str
    base_version: int
    base_digest: str
    new_constitution: bytes
    new_digest: str
    bound: bytes
    digest: str
    done_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Row):
    """A line of a proposal's timeline; a copy of the ledger entry with the same id."""

    KIND: ClassVar = "move"
    id: str
    proposal_number: int
    before: str
    after: str
    by: str
    why: str
    at: str
    ledger_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(_Row):
    """Something that could not be read as a record at all."""

    KIND: ClassVar = "fault"
    code: str
    label: str
    sentence: str


Record: TypeAlias = (Chain | Key | Entry | Verdict | System | Version | Amendment | Decision | Page) | (
    Proposal | Revision | Rollback | Move | Fault
)
PACKED = (Key, Entry, System, Version, Amendment, Decision, Page)
"""The kinds that an export holds, in its order; rows of a database follow the same order, the other kinds last,
and each verdict behind its entry."""
