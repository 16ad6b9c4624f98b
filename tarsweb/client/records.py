"""The records of the API that the client gives out. `tests/flows/api/test_client.py` compares them with the OpenAPI document."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class System(TypedDict):
    """A system; `constitution` only when one system was asked for."""

    name: str
    type: str
    description: str
    status: str
    lifecycle_state: str
    version: str
    constitution_version: int
    constitution_digest: str
    capabilities: list[str]
    updated_at: str
    constitution: NotRequired[dict[str, Any]]


class AmendmentRow(TypedDict):
    """An amendment as a list has it."""

    id: str
    state: str
    system: str
    amendment_type: str
    basis: str
    effect: str
    sentence: str
    proposed_by: str
    created_at: str
    updated_at: str
    expires_at: str
    effective_at: str | None
    base_version: int
    approvals: int
    approvals_needed: int
    is_stale: bool


class Amendment(TypedDict):
    """An amendment whole. Who may not read the record gets `id` and `state` alone."""

    id: str
    state: str
    system: NotRequired[str]
    amendment_type: NotRequired[str]
    basis: NotRequired[str]
    effect: NotRequired[str]
    sentence: NotRequired[str]
    can_rollback: NotRequired[bool]
    proposed_by: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    expires_at: NotRequired[str]
    effective_at: NotRequired[str | None]
    digest: NotRequired[str]
    revision: NotRequired[dict[str, Any]]
    changes: NotRequired[list[dict[str, Any]]]
    patch: NotRequired[list[dict[str, Any]]]
    constitution: NotRequired[dict[str, Any]]
    evidence: NotRequired[dict[str, Any]]
    checklist: NotRequired[list[dict[str, Any]]]
    authority: NotRequired[dict[str, Any]]
    attachments: NotRequired[list[dict[str, Any]]]
    comments: NotRequired[list[dict[str, Any]]]
    viewed: NotRequired[list[str]]
    conflicts: NotRequired[list[dict[str, Any]]]
    stale: NotRequired[dict[str, Any] | None]
    applied: NotRequired[dict[str, Any] | None]
    timeline: NotRequired[list[dict[str, Any]]]


class RollBackPreview(TypedDict):
    """What rolling an amendment back would do now."""

    id: str
    system: str
    digest: str
    sentence: str
    effect: str
    changes: list[dict[str, Any]]
    conflicts: list[str]
    people_needed: int
    later: list[dict[str, Any]]
    voids: list[str]
    dependants: list[str]
    refused_because: str | None


class Question(TypedDict):
    """One row of the inbox."""

    id: str | None
    kind: str
    subject: str
    sentence: str
    system: str
    type: str
    effect: str
    state: str
    digest: str | None
    proposed_by: str
    asked_at: str
    due_at: str | None
    due: str
    risk: dict[str, Any]
    needs: str
    needed: int
    given: int
    is_stale: bool
    is_mine_to_answer: bool
    holder: dict[str, Any] | None
    snoozed_until: str | None
    url: str


class Notice(TypedDict):
    """One thing one person should know; `url` is a path inside TARS."""

    id: str
    kind: str
    subject: str
    sentence: str
    url: str
    at: str
    is_urgent: bool
    read_at: str | None


class Me(TypedDict):
    """Who a token speaks for; `may` is what is left today of its `grants`."""

    tenant: dict[str, Any]
    actor: str
    kind: str
    roles: list[str]
    grants: list[str] | None
    may: list[str]
    is_visit: bool


class Stop(TypedDict):
    """One press of the e-stop; `system` is None where everything is stopped."""

    id: str
    system: str | None
    is_in_force: bool
    reason: str
    stopped_at: str
    stopped_by: str
    lifted_at: str | None
    lifted_by: str
    lifted_because: str


class Decision(TypedDict):
    """A verdict as it was kept; `id` is null where nothing is kept, and then it is denied."""

    id: str | None
    system: str
    action: str
    session: str
    outcome: str
    sentence: str
    verdict: dict[str, Any]
    guidance: list[str]
    ended_rules: list[dict[str, Any]]
    digest: str
    rulebook_digest: str
    at: str
    ledger_sequence: int | None


class Session(TypedDict):
    """A session with rules in force."""

    name: str
    system: str | None
    opened_by: str
    created_at: str
    accessed_at: str
    total: int
    enforced: int
    guidance: int
    ends_next_at: str
    ends_at: str


class SessionRule(TypedDict):
    """A sentence in force; `effect` and `rules` are empty where it is guidance."""

    id: str
    number: int
    rule: str
    is_enforced: bool
    effect: str
    rules: str
    added_by: str
    added_at: str
    ends_at: str
    uses: int
    last_used_at: str | None


class SessionRules(TypedDict):
    """A session's rules, the one that falls out first on top; `ended` lately."""

    session: str
    system: str | None
    accessed_at: str | None
    touched: bool
    total: int
    most: int
    rules: list[dict[str, Any]]
    ended: list[dict[str, Any]]


class SessionUpdate(TypedDict):
    """What adding a sentence did."""

    is_new: bool
    rule: dict[str, Any]
    evicted: list[dict[str, Any]]


class Taken(TypedDict):
    """A request that was taken on, and the address that says where it stands."""

    id: str
    stage: str
    sentence: str
    follow: str
    url: str


class ExecutionRow(TypedDict):
    """One request, under way or done; `status` is None until it is."""

    id: str
    request: str
    system: str
    action: str
    stage: str
    status: str | None
    channel: str
    requested_by: str
    parent_id: str | None
    created_at: str
    finished_at: str | None
    cost_usd: str | None
    progress: int
    progress_note: str
    stars: int | None
    is_disputed: bool


class Execution(ExecutionRow):
    """One request with every step and what came of it."""

    sentence: str
    input: Any
    answer: Any
    error: str
    session: str
    steps: list[dict[str, Any]]
    routing_path: list[str]
    route: Any
    governance_check: dict[str, Any]
    verdict: dict[str, Any]
    question: dict[str, Any] | None
    holds: list[dict[str, Any]]
    deadline_at: str | None
    duration_ms: int | None
    is_cancel_wanted: bool
    feedback: str
    rated_by: str
    rated_at: str | None
    suggestions: list[str]
    should_retry_with_different_path: bool
    dispute: str
    disputed_by: str
    disputed_at: str | None
    corrected_to: str
    corrected_by: str
    hops: list[dict[str, Any]]
    receipt: dict[str, Any] | None
    lifecycle_state: str
    url: str


class Steps(TypedDict):
    """What happened to a request since."""

    stage: str
    status: str | None
    progress: int
    progress_note: str
    steps: list[dict[str, Any]]
    next: int
