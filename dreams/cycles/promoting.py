"""From a dream to an amendment, by the ordinary road: TARS proposes it with the dream as evidence, and whoever may decides.

At most one dream of a night becomes an amendment: the others were tried beside a constitution that this one changes. What a
person or nobody decided stays with the dream as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from dreams.cycles import signals
from dreams.cycles.models import Dream, DreamCycle, State
from dreams.cycles.plans import Written
from dreams.cycles.rating import Stars, is_promotable, stars_of, waits_for
from dreams.cycles.settings import EVENT, chosen
from dreams.mutate.candidate import applied, refusal
from dreams.verdict.observed import Metric
from dreams.verdict.rules import Rule, Verdict
from dreams.verdict.wording import NAMES, better_or_worse
from governance.amendments.actions import propose as propose_amendment
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment, ProposalRevision
from governance.errors import DomainError, NotAllowed, NotFound
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.locks import alone
from governance.registry.models import System
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant

SECOND: Final = "Another dream of the same night gained more; it is proposed first."
WAITS: Final = "Nights propose nothing by themselves here: a person does."
MOST_MARKED: Final = 200


class NotPromotable(DomainError):
    """This dream cannot become an amendment."""

    code = "not_promotable"
    status = 409


def promote(*, scope: Scope, cycle_id: UUID, at: datetime) -> AmendmentProposal | None:
    """Propose the best winner of a judged night, where the tenant lets TARS do so; the others say why they are not proposed.
    A second time does nothing. Outside any transaction."""
    with in_tenant(scope.tenant_id):
        cycle = DreamCycle.objects.get(tenant_id=scope.tenant_id, id=cycle_id)
        won = _won(scope, cycle) if cycle.state == State.JUDGED else []
        proposes = chosen(scope=scope).proposes
        words = waits_for(scope=scope, dream=won[0]) if won else ""
    if not won or any(one.proposal_id for one in won):
        return None
    best, *others = won
    for one in others:
        _not_proposed(scope=scope, dream_id=one.id, because=SECOND, at=at)
    if not proposes or words:
        _not_proposed(scope=scope, dream_id=best.id, because=words or WAITS, at=at)
        return None
    try:
        return _proposed(scope=scope, dream_id=best.id, by="", at=at)
    except DomainError as refused:
        _not_proposed(scope=scope, dream_id=best.id, because=refused.sentence, at=at)
        return None


def propose(*, scope: Scope, dream_id: UUID, at: datetime) -> AmendmentProposal:
    """A person lets TARS propose a dream that its plan found worth promoting.

    Raises `NotAllowed`, `NotFound`, `NotPromotable` (it did not win, is proposed already, is barred, or its system moved on) and
    what `amendments.propose` raises.
    """
    scope.demand(Capability.PROPOSE, to="propose a dream")
    return _proposed(scope=scope, dream_id=dream_id, by=scope.actor.name, at=at)


def mark_promoted(*, scope: Scope, at: datetime) -> int:
    """Note of every proposed dream whose amendment was applied that it is in production, since then. Twice without harm."""
    with in_tenant(scope.tenant_id, durable=True):
        waiting = Dream.objects.filter(
            tenant_id=scope.tenant_id, proposal__isnull=False, promoted_to_production=False
        ).order_by("id")[:MOST_MARKED]
        by_proposal = {one.proposal_id: one for one in waiting}
        applied_at = ConstitutionalAmendment.objects.filter(
            tenant_id=scope.tenant_id, proposal_id__in=list(by_proposal)
        ).values_list("proposal_id", "approved_at")
        marked = [(by_proposal[proposal], when) for proposal, when in applied_at]
        for dream, when in marked:
            dream.promoted_to_production, dream.promoted_at = True, when
            dream.save(update_fields=["promoted_to_production", "promoted_at"])
    return len(marked)


def _won(scope: Scope, cycle: DreamCycle) -> list[Dream]:
    """Those that may be promoted, the greatest gain first."""
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, night=cycle, verdict=Verdict.PROMOTE.value)
    return [one for one in rows.order_by("-gain_seen", "number") if one.mutations]


def _proposed(*, scope: Scope, dream_id: UUID, by: str, at: datetime) -> AmendmentProposal:
    """Propose as TARS, once: a proposal that a killed process made is found again by its evidence."""
    tars = tars_scope(scope.tenant_id)
    with alone(dream_id) as is_alone:
        if not is_alone:
            raise NotPromotable("Somebody else is proposing this dream at this moment.")
        with in_tenant(scope.tenant_id):
            dream, written, document = _ready(scope, dream_id)
            made = _made_before(scope, dream)
            evidence = evidence_of(dream, written, by=by, stars=stars_of(scope=scope, dream_id=dream.id))
        proposal = made or propose_amendment(
            scope=tars,
            system_name=dream.system_name,
            type=AmendmentType.DREAM_PROMOTION,
            basis=Basis.ORDINARY,
            constitution=applied(dream.mutations, document),
            evidence=evidence,
            base_version=written.base_version,
            at=at,
        )
        _linked(scope=scope, dream_id=dream_id, proposal=proposal, at=at)
    mark_promoted(scope=tars, at=at)
    return proposal


def _ready(scope: Scope, dream_id: UUID) -> tuple[Dream, Written, dict[str, Any]]:
    dream = Dream.objects.select_related("night", "system").filter(tenant_id=scope.tenant_id, id=dream_id).first()
    if dream is None:
        raise NotFound("There is no such dream.")
    if not is_promotable(dream):
        raise NotPromotable(f"Only what its plan found worth promoting becomes an amendment. {dream.because}".strip())
    if dream.proposal_id:
        raise NotPromotable("This dream is proposed already.")
    system: System = dream.system
    written = Written.of(bytes(dream.night.plan))
    if system.constitution_version != written.base_version:
        raise NotPromotable(
            f"{system.name} moved on from version {written.base_version} to {system.constitution_version}. Dream of it again."
        )
    if waits := waits_for(scope=scope, dream=dream):
        raise NotPromotable(waits)
    barred = signals.barred(scope=scope, system_id=system.id)
    if why := refusal(dream.mutations, system.constitution, barred=barred):
        raise NotPromotable(why)
    return dream, written, system.constitution


def _made_before(scope: Scope, dream: Dream) -> AmendmentProposal | None:
    rows = ProposalRevision.objects.filter(
        tenant_id=scope.tenant_id, proposal__system_id=dream.system_id, evidence__dream_id=str(dream.id)
    )
    revision = rows.select_related("proposal").first()
    return revision.proposal if revision else None


def evidence_of(dream: Dream, written: Written, *, by: str, stars: Stars) -> dict[str, Any]:
    """What the amendment rests on: the source's fields (seeds/000 Phase 3), then where to check them."""
    outcome: Mapping[str, Any] = dream.outcome
    found = {
        "dream_id": str(dream.id),
        "test_runs": outcome.get("test_runs"),
        "success_rate": outcome.get("success_rate"),
        "avg_duration_improvement_ms": outcome.get("duration_improvement"),
        "confidence_still_acceptable": outcome.get("confidence_acceptable"),
        "improvement": _improvement(dream, written, stars),
        "cycle_id": dream.cycle_id,
        "plan_digest": dream.night.plan_digest,
        "verdict": dream.because,
        "asked_by": by,
        "stars": f"{stars.dream:.2f} against {stars.normal:.2f}, {stars.n} pairs, blind" if stars.n else None,
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def _improvement(dream: Dream, written: Written, stars: Stars) -> str:
    if dream.rule == Rule.WAITS_FOR_STARS:
        return f"People gave its answers {stars.dream:.2f} stars where today's have {stars.normal:.2f}, blind"
    metric = Metric(dream.outcome.get("primary", written.plan.primary.value))
    return f"{NAMES[metric].capitalize()} is {better_or_worse(dream.gain_seen or 0.0)} in {dream.n_seen + dream.n_held_out} pairs"


@governed("dreams.propose", subject="dream_id")
def _linked(*, scope: Scope, dream_id: UUID, proposal: AmendmentProposal, at: datetime) -> None:
    dream = Dream.objects.select_for_update(of=("self",)).get(tenant_id=scope.tenant_id, id=dream_id)
    if dream.proposal_id:
        return
    dream.proposal_id, dream.not_proposed_because = proposal.id, ""
    dream.save(update_fields=["proposal_id", "not_proposed_because"])
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.propose",
            "subject": dream.system_name,
            "cycle": dream.cycle_id,
            "dream_id": str(dream.id),
            "amendment": proposal.label,
        },
        explanation=f"{dream.cycle_id}: a dream of {dream.system_name} became {proposal.label}. {dream.said}",
        rules_applied=["dreams"],
    )


@governed("dreams.leave", subject="dream_id")
def _not_proposed(*, scope: Scope, dream_id: UUID, because: str, at: datetime) -> None:
    if not scope.actor.is_tars:
        raise NotAllowed("TARS notes by itself why it does not propose a dream.")
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, id=dream_id, proposal=None)
    rows.update(not_proposed_because=because)
