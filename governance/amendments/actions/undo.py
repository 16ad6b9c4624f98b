"""Rolling back: forward, three-way, signed; a second person where undoing expands something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from governance import canonical
from governance.amendments import authority
from governance.amendments.actions import tell
from governance.amendments.actions.apply import void_others
from governance.amendments.actions.common import locked, locked_system, move
from governance.amendments.actions.sound import demand_sound_rollback
from governance.amendments.caught import demand_caught
from governance.amendments.deadlines import ROLL_BACK_WITHIN
from governance.amendments.errors import BaseMoved, MergeConflict, NotReversible, WrongState
from governance.amendments.inverse import drafted
from governance.amendments.kinds import Basis, State
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    Rollback,
    RollbackState,
)
from governance.amendments.undo import Undo
from governance.approvals import actions as approvals
from governance.approvals.models import ApprovalDecision, RequestState, Verdict
from governance.constitution import schema
from governance.constitution.diff import Effect
from governance.errors import Invalid, NotAllowed
from governance.identity.confirm import Confirmation
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.actions import write_version
from governance.registry.models import Cause, System
from governance.registry.stones import demand_whole
from governance.scope import Capability, Scope


@governed("amendments.roll_back", subject="number")
def roll_back(
    *, scope: Scope, number: int, digest: str, reason: str, confirmation: Confirmation, at: datetime
) -> Rollback:
    """Undo an applied amendment on today's constitution, or ask for a second person if that expands something.

    `digest` names the preview that was shown. Raises `NotAllowed`, `NotFound`, `WrongState`, `NotReversible`,
    `MergeConflict` (overlap with later amendments, by pointer), `Moved`, `Invalid` without a reason, `NotConfirmed`.
    """
    scope.demand(Capability.ROLL_BACK, to="roll back an amendment")
    if not reason.strip():
        raise Invalid(
            "Say why this is rolled back: the reason stands on the ledger.", problems=(("/reason", "is empty"),)
        )
    proposal = locked(scope=scope, number=number)
    system = locked_system(scope=scope, system_id=proposal.system_id)
    rollback, _ = _asked(scope=scope, proposal=proposal, system=system, reason=reason, at=at)
    return _answer(
        scope=scope,
        proposal=proposal,
        system=system,
        rollback=rollback,
        digest=digest,
        note=reason,
        confirmation=confirmation,
        at=at,
    )


@governed("amendments.roll_back_by_guardrail", subject="number")
def roll_back_by_guardrail(
    *, scope: Scope, number: int, guardrail: Mapping[str, object], reason: str, at: datetime
) -> Rollback:
    """TARS undoes what a guardrail caught, under an open watch whose crossing asks for it; `guardrail` is the data that fired.

    Where undoing expands something TARS only asks: two people must confirm. Raises `NotAllowed`, `NotFound`, `WrongState`,
    `NotReversible`, `MergeConflict`.
    """
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's guardrails do this. Roll the amendment back yourself.")
    proposal = locked(scope=scope, number=number)
    system = locked_system(scope=scope, system_id=proposal.system_id)
    demand_caught(scope=scope, number=number, at=at)
    rollback, undo = _asked(scope=scope, proposal=proposal, system=system, reason=reason, at=at)
    if undo.effect in (Effect.EXPANDS, Effect.UNCLASSIFIED):
        tell.roll_back_asked(scope=scope, proposal=proposal, rollback=rollback, at=at)
        said = "was asked for by a guardrail and waits for two people, because undoing it expands something"
        verb = "amendments.roll_back_by_guardrail"
        _record(
            scope=scope, proposal=proposal, rollback=rollback, verb=verb, said=said, at=at, guardrail=dict(guardrail)
        )
        return rollback
    approvals.answer_under_authority(scope=scope, request_id=rollback.request_id, authority=reason, at=at)
    _undo(scope=scope, proposal=proposal, system=system, rollback=rollback, at=at, guardrail=dict(guardrail))
    return rollback


@governed("amendments.approve_roll_back", subject="number")
def approve_roll_back(
    *, scope: Scope, number: int, digest: str, confirmation: Confirmation, at: datetime, note: str = ""
) -> Rollback:
    """The second person's yes to a rollback that expands something. Raises what `roll_back` raises, and `BaseMoved`."""
    scope.demand(Capability.ROLL_BACK, to="roll back an amendment")
    proposal = locked(scope=scope, number=number)
    system = locked_system(scope=scope, system_id=proposal.system_id)
    rollback = _waiting(scope=scope, proposal=proposal)
    if rollback.base_version != system.constitution_version:
        raise BaseMoved(
            f"{system.name} moved since this rollback was asked for. Ask for it again from today's constitution."
        )
    fresh, _ = drafted(scope=scope, amendment=rollback.amendment, system=system, reason=rollback.reason, at=at)
    demand_sound_rollback(subject=proposal.label, rollback=rollback, fresh=fresh, request=rollback.request)
    return _answer(
        scope=scope,
        proposal=proposal,
        system=system,
        rollback=rollback,
        digest=digest,
        note=note,
        confirmation=confirmation,
        at=at,
    )


@governed("amendments.withdraw_roll_back", subject="number")
def withdraw_roll_back(*, scope: Scope, number: int, at: datetime) -> Rollback:
    """Take a waiting rollback back; anybody who may roll back may."""
    scope.demand(Capability.ROLL_BACK, to="withdraw a rollback")
    proposal = locked(scope=scope, number=number)
    locked_system(scope=scope, system_id=proposal.system_id)
    rollback = _waiting(scope=scope, proposal=proposal)
    approvals.void(request_id=rollback.request_id, because="withdrawn", at=at)
    rollback.state = RollbackState.WITHDRAWN
    rollback.save(update_fields=["state"])
    _record(
        scope=scope,
        proposal=proposal,
        rollback=rollback,
        verb="amendments.withdraw_roll_back",
        said="was withdrawn",
        at=at,
    )
    return rollback


def _asked(
    *, scope: Scope, proposal: AmendmentProposal, system: System, reason: str, at: datetime
) -> tuple[Rollback, Undo]:
    """The rollback of a locked proposal on its locked system, with its question open."""
    demand_whole(system)
    amendment = _reversible(scope=scope, proposal=proposal)
    rollback, undo = drafted(scope=scope, amendment=amendment, system=system, reason=reason, at=at)
    if undo.conflicts:
        raise _conflict(proposal, undo)
    if undo.is_empty:
        raise WrongState(f"Nothing of {proposal.label} is left in today's constitution, so there is nothing to undo.")
    schema.check(undo.document)
    _close_stale(scope=scope, amendment=amendment, system=system, at=at)
    rollback.request = approvals.ask(
        scope=scope,
        subject_kind="rollback",
        subject_id=rollback.id,
        digest=rollback.digest,
        requirements=authority.roll_back_requirements(undo.effect),
        excluded_user_id=None,
        due_at=at + ROLL_BACK_WITHIN,
        at=at,
    )
    rollback.state = RollbackState.WAITING
    rollback.save(force_insert=True)
    return rollback, undo


def _reversible(*, scope: Scope, proposal: AmendmentProposal) -> ConstitutionalAmendment:
    amendment = ConstitutionalAmendment.objects.filter(tenant_id=scope.tenant_id, proposal=proposal).first()
    if amendment is None:
        raise WrongState(f"{proposal.label} is not applied, so there is nothing to roll back.")
    if amendment.rolled_back_at is not None:
        raise WrongState(f"{proposal.label} was rolled back on {amendment.rolled_back_at:%d %B %Y} already.")
    if not amendment.can_rollback:
        why = Basis(amendment.basis).irreversible_because
        raise NotReversible(
            f"{proposal.label} cannot be rolled back: {why}. Propose a new amendment if it must change."
        )
    return amendment


def _conflict(proposal: AmendmentProposal, undo: Undo) -> MergeConflict:
    pointers = ", ".join(conflict.pointer for conflict in undo.conflicts[:5])
    return MergeConflict(
        f"Later amendments changed the same places as {proposal.label} ({pointers}), and a rollback never overwrites them. "
        "Roll those back first, or propose an amendment that says what should hold.",
        problems=tuple((conflict.pointer, "changed again later") for conflict in undo.conflicts),
    )


def _close_stale(*, scope: Scope, amendment: ConstitutionalAmendment, system: System, at: datetime) -> None:
    """A waiting rollback of an older base makes room; one of today's base is joined, not repeated."""
    waiting = Rollback.objects.filter(
        tenant_id=scope.tenant_id, amendment=amendment, state=RollbackState.WAITING
    ).first()
    if waiting is None:
        return
    if waiting.base_version == system.constitution_version:
        raise WrongState(f"{waiting.requested_by} asked for this rollback already. A second person confirms it below.")
    approvals.void(request_id=waiting.request_id, because="the constitution moved", at=at)
    waiting.state = RollbackState.VOID
    waiting.save(update_fields=["state"])


def _waiting(*, scope: Scope, proposal: AmendmentProposal) -> Rollback:
    rollback = (
        Rollback.objects.filter(tenant_id=scope.tenant_id, amendment__proposal=proposal, state=RollbackState.WAITING)
        .select_related("amendment")
        .first()
    )
    if rollback is None:
        raise WrongState(f"No rollback of {proposal.label} waits. Reload to see what happened.")
    return rollback


def _answer(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    system: System,
    rollback: Rollback,
    digest: str,
    note: str,
    confirmation: Confirmation,
    at: datetime,
) -> Rollback:
    outcome = approvals.answer(
        scope=scope,
        request_id=rollback.request_id,
        digest=digest,
        verdict=Verdict.APPROVE,
        note=note,
        confirmation=confirmation,
        at=at,
    )
    if outcome is RequestState.MET:
        _undo(scope=scope, proposal=proposal, system=system, rollback=rollback, at=at)
    else:
        tell.roll_back_asked(scope=scope, proposal=proposal, rollback=rollback, at=at)
        said = "was asked for and waits for a second person, because undoing it expands something"
        _record(scope=scope, proposal=proposal, rollback=rollback, verb="amendments.roll_back", said=said, at=at)
    return rollback


def _undo(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    system: System,
    rollback: Rollback,
    at: datetime,
    guardrail: Mapping[str, object] | None = None,
) -> None:
    document = canonical.loads_canonical(bytes(rollback.new_constitution))
    ConstitutionalAmendment.objects.filter(id=rollback.amendment_id).update(rolled_back_at=at)
    write_version(
        system=system,
        constitution=document,
        cause=Cause.ROLLBACK,
        amendment_id=rollback.amendment_id,
        at=at,
        by=scope.actor.name,
    )
    rollback.state, rollback.done_at = RollbackState.DONE, at
    rollback.save(update_fields=["state", "done_at"])
    void_others(
        scope=scope, system=system, except_proposal=proposal, because=f"{proposal.label} was rolled back", at=at
    )
    move(
        scope=scope,
        proposal=proposal,
        to=State.ROLLED_BACK,
        verb="amendments.roll_back",
        at=at,
        why=rollback.reason,
        event_type="constitutional_change",
        explanation=f"{proposal.label} on {system.name} was rolled back: {rollback.sentence}",
        details={
            **_facts(rollback),
            "new_version": rollback.base_version + 1,
            "decisions": _decisions(rollback),
            **({"guardrail": guardrail} if guardrail else {}),
        },
        rules_applied=("rollback_safety", "undo_is_forward"),
    )


def _record(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    rollback: Rollback,
    verb: str,
    said: str,
    at: datetime,
    guardrail: Mapping[str, object] | None = None,
) -> None:
    ledger.append(
        scope=scope,
        at=at,
        event_type="constitutional_decision",
        action={
            "name": verb,
            "subject": proposal.label,
            "why": rollback.reason,
            **_facts(rollback),
            "decisions": _decisions(rollback),
            **({"guardrail": guardrail} if guardrail else {}),
        },
        explanation=f"A rollback of {proposal.label} {said}.",
        rules_applied=["rollback_safety"],
    )


def _facts(rollback: Rollback) -> dict[str, object]:
    return {
        "rollback_id": str(rollback.id),
        "amendment_id": str(rollback.amendment_id),
        "system_id": str(rollback.system_id),
        "digest": rollback.digest,
        "bound": bytes(rollback.bound).decode(),
        "base_version": rollback.base_version,
        "old_digest": rollback.base_digest,
        "new_digest": rollback.new_digest,
        "diff": rollback.diff,
        "effect_of_undo": rollback.effect,
    }


def _decisions(rollback: Rollback) -> list[dict[str, str]]:
    rows = ApprovalDecision.objects.filter(request_id=rollback.request_id).order_by("at", "id")
    return [
        {"statement": bytes(row.statement).decode(), "signature": bytes(row.signature).hex(), "signer": row.signer}
        for row in rows
    ]
