"""From idea to end: every verb only from where it starts, evidence and fit, time, and undoing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import (
    BaseMoved,
    EvidenceMissing,
    MergeConflict,
    TypeMisfit,
    WrongState,
)
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal, ProposalMove, ProposalRevision
from governance.approvals.actions import Moved, NoteMissing
from governance.constitution.schema import InvalidConstitution
from governance.errors import DomainError, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole, facts

DAY = timedelta(days=1)
TIGHTER = ["upload_payroll_entries", "audit", "delete"]


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _reject(cast: make.Cast, proposal: AmendmentProposal, verb: Callable[..., Any] = amendments.reject) -> Any:
    return verb(
        scope=cast.cy,
        number=proposal.number,
        digest=make.digest_of(cast.cy, proposal),
        confirmation=make.confirmed(cast.cy, at=make.AT),
        note="Not like this.",
        at=make.AT,
    )


def _withdraw(cast: make.Cast, proposal: AmendmentProposal, *, scope: Scope | None = None) -> AmendmentProposal:
    return amendments.withdraw(scope=scope or cast.bo, number=proposal.number, why="Not now.", at=make.AT)


def _revise(cast: make.Cast, proposal: AmendmentProposal, *, scope: Scope | None = None, **fields: Any) -> Any:
    return amendments.revise(
        scope=scope or cast.bo,
        number=proposal.number,
        constitution=make.changed(make.constitution_of(cast.bo), **(fields or {"fallback_delay_ms": 250})),
        evidence={"reason": "Another try."},
        why="Another try.",
        at=make.AT,
    )


# -- every verb in every state


def _in_state(cast: make.Cast, state: str) -> AmendmentProposal:
    if state == "draft":
        return make.proposed(cast, is_draft=True)
    proposal = make.proposed(cast, effective_at=make.AT + DAY if state == "scheduled" else None)
    if state == "changes_requested":
        _reject(cast, proposal, amendments.request_changes)
    elif state in {"applied", "scheduled", "rolled_back"}:
        make.approve(cast.cy, proposal)
        if state == "rolled_back":
            make.rolled_back(cast.bo, proposal)
    elif state == "rejected":
        _reject(cast, proposal)
    elif state == "expired":
        amendments.expire_due(scope=cast.tars, number=proposal.number, at=proposal.expires_at)
    elif state == "withdrawn":
        _withdraw(cast, proposal)
    assert make.state_of(cast.bo, proposal) == state
    return proposal


VERBS: dict[str, Callable[[make.Cast, AmendmentProposal], Any]] = {
    "approve": lambda cast, proposal: make.approve(cast.cy, proposal),
    "reject": _reject,
    "request changes": lambda cast, proposal: _reject(cast, proposal, amendments.request_changes),
    "send": lambda cast, proposal: amendments.send(scope=cast.bo, number=proposal.number, at=make.AT),
    "revise": _revise,
    "withdraw": _withdraw,
    "roll back": lambda cast, proposal: amendments.roll_back(
        scope=cast.bo,
        number=proposal.number,
        digest="",
        reason="It made things worse.",
        confirmation=make.confirmed(cast.bo, at=make.AT),
        at=make.AT,
    ),
    "confirm a rollback": lambda cast, proposal: amendments.approve_roll_back(
        scope=cast.cy,
        number=proposal.number,
        digest="",
        confirmation=make.confirmed(cast.cy, at=make.AT),
        at=make.AT,
    ),
    "withdraw a rollback": lambda cast, proposal: amendments.withdraw_roll_back(
        scope=cast.cy, number=proposal.number, at=make.AT
    ),
}
STARTS = {
    "approve": {"proposed"},
    "reject": {"proposed"},
    "request changes": {"proposed"},
    "send": {"draft"},
    "revise": {"draft", "proposed", "changes_requested"},
    "withdraw": {"draft", "proposed", "changes_requested", "scheduled"},
}
STATES = [state.value for state in State if state is not State.APPROVED]
ILLEGAL = [(verb, state) for verb in VERBS for state in STATES if state not in STARTS.get(verb, {"applied"})]


@pytest.mark.parametrize(("verb", "state"), ILLEGAL)
def test_verb__from_where_it_does_not_start__refused_and_nothing_moved(cast: make.Cast, verb: str, state: str) -> None:
    proposal = _in_state(cast, state)
    before = facts(cast.tenant.id)
    with pytest.raises(WrongState) as refusal:
        VERBS[verb](cast, proposal)
    assert f"AMD-{proposal.number}" in refusal.value.sentence
    assert make.state_of(cast.bo, proposal) == state and facts(cast.tenant.id) == before


@pytest.mark.parametrize(
    ("verb", "state"), [(verb, state) for verb, starts in STARTS.items() for state in sorted(starts)]
)
def test_verb__from_where_it_starts__moves_on_with_who_when_why(cast: make.Cast, verb: str, state: str) -> None:
    proposal = _in_state(cast, state)
    with in_tenant(cast.tenant.id):
        before = ProposalMove.objects.count()
    VERBS[verb](cast, proposal)
    with in_tenant(cast.tenant.id):
        last = ProposalMove.objects.order_by("ledger_sequence").last()
        moved = ProposalMove.objects.count() - before
        current = AmendmentProposal.objects.get(id=proposal.id)
    if (verb, state) == ("revise", "draft"):
        assert moved == 0, "a draft is edited in silence"
        return
    assert last is not None and moved >= 1
    assert last.after == current.state and last.by in {cast.bo.actor.name, cast.cy.actor.name} and last.at == make.AT
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(sequence=last.ledger_sequence, subject=proposal.label).exists()
    demand_whole(cast.tenant.id)


# -- whose it is


def test_revise_and_send__by_somebody_else__refused(cast: make.Cast) -> None:
    proposal, draft = make.proposed(cast), make.proposed(cast, is_draft=True)
    with pytest.raises(NotAllowed, match="only they can revise it"):
        _revise(cast, proposal, scope=cast.cy)
    with pytest.raises(NotAllowed):
        amendments.send(scope=cast.cy, number=draft.number, at=make.AT)


def test_withdraw__by_the_admin_but_by_no_other_colleague(cast: make.Cast) -> None:
    first, second = make.proposed(cast), make.proposed(cast, persona_id="x")
    for scope in (cast.cy, cast.ada, cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            _withdraw(cast, first, scope=scope)
    assert _withdraw(cast, first, scope=cast.tess).state == "withdrawn"
    assert _withdraw(cast, second).state == "withdrawn"


def test_every_verb__by_a_stranger__finds_nothing(cast: make.Cast) -> None:
    proposal, mallory = make.applied(cast), make.stranger()
    options = {"scope": mallory, "number": proposal.number, "at": make.AT}
    signed = {"digest": "", "confirmation": make.confirmed(mallory, at=make.AT)}
    calls: list[Callable[[], Any]] = [
        lambda: amendments.approve(**options, **signed),
        lambda: amendments.reject(**options, **signed, note="No."),
        lambda: amendments.request_changes(**options, **signed, note="No."),
        lambda: amendments.send(**options),
        lambda: amendments.revise(**options, constitution=make.CLAY, evidence={"reason": "x"}, why=""),
        lambda: amendments.rebase(**options),
        lambda: amendments.withdraw(**options, why=""),
        lambda: amendments.roll_back(**options, **signed, reason="x"),
        lambda: amendments.approve_roll_back(**options, **signed),
        lambda: amendments.withdraw_roll_back(**options),
    ]
    before = facts(cast.tenant.id)
    for call in calls:
        with pytest.raises(NotFound):
            call()
    with pytest.raises(NotFound):
        amendments.propose(
            scope=mallory,
            system_name=cast.system.name,
            type=AmendmentType.MANUAL_UPDATE,
            basis=Basis.ORDINARY,
            constitution=make.CLAY,
            evidence={"reason": "x"},
            at=make.AT,
        )
    assert facts(cast.tenant.id) == before


def test_clockwork__by_a_person__refused(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    for verb in (amendments.apply_due, amendments.expire_due):
        with pytest.raises(NotAllowed):
            verb(scope=cast.bo, number=proposal.number, at=make.AT)


# -- what it must rest on


@pytest.mark.parametrize("type", [type for type in AmendmentType if type is not AmendmentType.DREAM_PROMOTION])
def test_propose__without_evidence__refused_and_nothing_kept(cast: make.Cast, type: AmendmentType) -> None:
    fields: dict[AmendmentType, dict[str, Any]] = {
        AmendmentType.MANUAL_UPDATE: {"fallback_delay_ms": 200},
        AmendmentType.GOVERNANCE_TIGHTENING: {"requires_approval": TIGHTER},
        AmendmentType.CAPABILITY_EXPANSION: {"capabilities": [*make.CLAY["capabilities"], "voice"]},
    }
    with pytest.raises(EvidenceMissing) as refusal:
        make.proposed(cast, type=type, evidence={}, **fields[type])
    assert all(pointer.startswith("/evidence/") for pointer, _ in refusal.value.problems)
    with in_tenant(cast.tenant.id):
        assert not AmendmentProposal.objects.exists()
    draft = make.proposed(cast, type=type, evidence={}, is_draft=True, **fields[type])
    with pytest.raises(EvidenceMissing):
        amendments.send(scope=cast.bo, number=draft.number, at=make.AT)
    assert (draft.number, make.state_of(cast.bo, draft)) == (1, "draft"), "a refused proposal takes no number"


@pytest.mark.parametrize(
    "evidence", [{"reason": "x" * (256 * 1024)}, {"reason": "x\x00"}, {"reason": "x", "n": 2**53}, ["reason"], "reason"]
)
def test_propose__evidence_that_cannot_be_kept__refused(cast: make.Cast, evidence: Any) -> None:
    with pytest.raises(DomainError):
        make.proposed(cast, evidence=evidence)


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        (AmendmentType.GOVERNANCE_TIGHTENING, {"requires_approval": ["audit"]}),
        (AmendmentType.CAPABILITY_EXPANSION, {"fallback_delay_ms": 200}),
        (AmendmentType.MANUAL_UPDATE, {"fallback_delay_ms": 500}),
    ],
)
def test_propose__type_that_does_not_fit__refused(cast: make.Cast, type: AmendmentType, fields: dict[str, Any]) -> None:
    with pytest.raises(TypeMisfit):
        make.proposed(cast, type=type, **fields)


def test_propose__no_constitution__refused_by_pointer(cast: make.Cast) -> None:
    with pytest.raises(InvalidConstitution) as refusal:
        make.proposed(cast, capabilities="everything")
    assert refusal.value.problems[0][0] == "/capabilities"


def test_propose__on_a_version_that_moved__refused(cast: make.Cast) -> None:
    make.applied(cast)
    with pytest.raises(MergeConflict, match="version 2 while you edited version 1"):
        amendments.propose(
            scope=cast.bo,
            system_name=cast.system.name,
            type=AmendmentType.MANUAL_UPDATE,
            basis=Basis.ORDINARY,
            constitution={**make.CLAY, "persona_id": "x"},
            evidence={"reason": "x"},
            base_version=1,
            at=make.AT,
        )


# -- edits void approvals


def test_revise__voids_what_was_approved(cast: make.Cast) -> None:
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=["payroll", "voice"])
    seen = make.digest_of(cast.bo, proposal)
    make.approve(cast.cy, proposal)
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.CLAY, capabilities=["payroll", "voice", "video"]),
        evidence=make.EVIDENCE[AmendmentType.CAPABILITY_EXPANSION],
        why="Video too.",
        at=make.AT,
    )
    with pytest.raises(Moved):
        make.approve(cast.ada, proposal, digest=seen)
    assert make.approve(cast.ada, proposal).state == "proposed", "the operator's approval was of something else"
    assert make.approve(cast.cy, proposal).state == "applied"
    demand_whole(cast.tenant.id)


def test_rebase__carries_the_change_and_asks_again(cast: make.Cast) -> None:
    first, second = make.proposed(cast, fallback_delay_ms=200), make.proposed(cast, persona_id="x")
    make.approve(cast.cy, first)
    with pytest.raises(BaseMoved, match="Rebase it"):
        make.approve(cast.cy, second)
    amendments.rebase(scope=cast.ada, number=second.number, at=make.AT)
    with in_tenant(cast.tenant.id):
        revision = ProposalRevision.objects.get(proposal_id=second.id, number=2)
    assert (revision.base_version, set(revision.diff)) == (2, {"persona_id"}), "only its own change"
    assert make.approve(cast.cy, second).state == "applied"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200


def test_rebase__on_the_same_place__names_it_and_changes_nothing(cast: make.Cast) -> None:
    first, second = make.proposed(cast, fallback_delay_ms=200), make.proposed(cast, fallback_delay_ms=300)
    make.approve(cast.cy, first)
    with pytest.raises(MergeConflict) as refusal:
        amendments.rebase(scope=cast.bo, number=second.number, at=make.AT)
    assert refusal.value.problems == (("/fallback_delay_ms", "changed on both sides"),)
    assert _revise(cast, second).revision == 2


def test_rebase__of_what_is_in_force_already__has_nothing_left(cast: make.Cast) -> None:
    first, second = make.proposed(cast, fallback_delay_ms=200), make.proposed(cast, fallback_delay_ms=200)
    make.approve(cast.cy, first)
    with pytest.raises(TypeMisfit, match="Nothing changes"):
        amendments.rebase(scope=cast.bo, number=second.number, at=make.AT)


def test_rebase__when_nothing_moved__refused_because_it_would_void_approvals(cast: make.Cast) -> None:
    waiting, scheduled = make.proposed(cast), make.proposed(cast, persona_id="x", effective_at=make.AT + DAY)
    make.approve(cast.cy, scheduled)
    for proposal in (waiting, scheduled):
        with pytest.raises(WrongState, match="Nothing moved"):
            amendments.rebase(scope=cast.ada, number=proposal.number, at=make.AT)
    assert make.state_of(cast.bo, scheduled) == "scheduled"


def test_reject_and_request_changes__need_a_note(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    for verb in (amendments.reject, amendments.request_changes):
        with pytest.raises(NoteMissing):
            verb(
                scope=cast.cy,
                number=proposal.number,
                digest=make.digest_of(cast.cy, proposal),
                confirmation=make.confirmed(cast.cy, at=make.AT),
                note="  ",
                at=make.AT,
            )


def test_changes_requested__revised__is_decided_afresh(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    _reject(cast, proposal, amendments.request_changes)
    _revise(cast, proposal)
    assert make.approve(cast.cy, proposal).state == "applied", "the same person may answer the new question"
