from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.models import Tenant
from routing.learning.deciding import EVENT, accept_within, decide, record
from routing.learning.errors import BadSetting, DecidedAlready, EvidenceMoved, NotDecided, RuleIsTheirs, SystemGone
from routing.learning.models import LearningSetting, RuleProposal, State
from routing.learning.settings import LEAST_SIMILAR, LIKENESS, Settings, settings_of
from routing.router.learned import switch_within

__all__ = [
    "BadSetting",
    "DecidedAlready",
    "EvidenceMoved",
    "NotDecided",
    "RuleIsTheirs",
    "SystemGone",
    "accept",
    "change_settings",
    "refuse",
    "take_back",
]

WORDS: Final = 2_000
TO: Final = "review learned rules"


@governed("learning.accept", subject="proposal_id")
def accept(*, scope: Scope, proposal_id: UUID, revision: int | None = None, at: datetime) -> RuleProposal:
    """Put a proposed rule in force. `revision` is the one that was looked at; None takes it as it stands.

    Raises `NotAllowed`, `NotFound`, `DecidedAlready`, `EvidenceMoved`, `SystemGone`, `PatternTaken`.
    """
    scope.demand(Capability.ROUTE, to=TO)
    row = _waiting(scope, proposal_id)
    if revision is not None and revision != row.revision:
        raise EvidenceMoved("The evidence moved since you looked. Look at it again, then decide.")
    accept_within(scope=scope, row=row, at=at)
    return row


@governed("learning.refuse", subject="proposal_id")
def refuse(*, scope: Scope, proposal_id: UUID, because: str, at: datetime) -> RuleProposal:
    """Say that requests like these shall not be routed so. It is proposed again when there are twice as many.

    Raises `NotAllowed`, `Invalid`, `NotFound`, `DecidedAlready`.
    """
    scope.demand(Capability.ROUTE, to=TO)
    words = because.strip()
    if not words or len(words) > WORDS or "\x00" in words:
        said = f"is empty or longer than {WORDS:,} characters"
        raise Invalid("Say why it is refused.", problems=(("/because", said),))
    row = _waiting(scope, proposal_id)
    decide(row, State.REFUSED, scope=scope, because=words, at=at)
    said = f'{scope.actor.name} refused the learned rule "{row.pattern}": {words}'
    record(scope, row, "refuse", said, at=at, because=words)
    return row


@governed("learning.take_back", subject="proposal_id")
def take_back(*, scope: Scope, proposal_id: UUID, at: datetime) -> RuleProposal:
    """Undo a decision: the proposal waits again, and a rule that it put in force is off.

    Raises `NotAllowed`, `NotFound`, `NotDecided`, `RuleIsTheirs`.
    """
    scope.demand(Capability.ROUTE, to=TO)
    row = _locked(scope, proposal_id)
    if row.state not in {State.ACCEPTED, State.REFUSED}:
        raise NotDecided("There is no decision to take back.")
    if row.rule is not None and row.state == State.ACCEPTED:
        if not row.rule.auto_generated:
            raise RuleIsTheirs("A person edited this rule since, so it is theirs. Turn it off on its own page.")
        why = "its acceptance was taken back"
        switch_within(scope=scope, rule_id=row.rule.id, is_active=False, why=why, at=at)
    before, row.state, row.decided_at, row.decided_by, row.because = row.state, State.WAITING, None, "", ""
    row.updated_at = at
    _reopened(row)
    said = (
        f'{scope.actor.name} took back that the learned rule "{row.pattern}" was {before}. It waits for review again.'
    )
    record(scope, row, "take_back", said, at=at, before=str(before))
    return row


@governed("learning.change_settings")
def change_settings(
    *, scope: Scope, least_similar: int, likeness: Decimal, is_automatic: bool, at: datetime
) -> Settings:
    """Say from how many executions on a rule is proposed, how alike they are, and whether it needs a review.

    Raises `NotAllowed`, `BadSetting`.
    """
    scope.demand(Capability.ROUTE, to="change how rules are learned")
    problems = []
    if least_similar not in LEAST_SIMILAR:
        problems.append(("/least_similar", f"is from {LEAST_SIMILAR.start} to {LEAST_SIMILAR.stop - 1:,}"))
    if not LIKENESS[0] <= likeness <= LIKENESS[1]:
        problems.append(("/likeness", f"is from {LIKENESS[0]} to {LIKENESS[1]}"))
    if problems:
        raise BadSetting("Learning cannot be set so.", problems=tuple(problems))
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    before = settings_of(scope=scope)
    after = Settings(least_similar, likeness.quantize(Decimal("0.01")), is_automatic, at, scope.actor.name)
    _keep(scope, after, at=at)
    mode = "without review" if is_automatic else "after review"
    said = (
        f"{scope.actor.name} changed how rules are learned: from {least_similar} executions on that are alike "
        f"({after.likeness}), in force {mode}."
    )
    action = {"name": "learning.change_settings", "subject": "learning", "before": _said(before), "after": _said(after)}
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=said)
    return after


def _keep(scope: Scope, after: Settings, *, at: datetime) -> None:
    LearningSetting.objects.update_or_create(
        tenant_id=scope.tenant_id,
        defaults={
            "least_similar": after.least_similar,
            "likeness": after.likeness,
            "is_automatic": after.is_automatic,
            "updated_at": at,
            "updated_by": scope.actor.name,
        },
        create_defaults={
            "id": new_id(at),
            "least_similar": after.least_similar,
            "likeness": after.likeness,
            "is_automatic": after.is_automatic,
            "updated_at": at,
            "updated_by": scope.actor.name,
        },
    )


def _said(settings: Settings) -> dict[str, object]:
    return {
        "least_similar": settings.least_similar,
        "likeness": str(settings.likeness),
        "is_automatic": settings.is_automatic,
    }


def _reopened(row: RuleProposal) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "decided_at", "decided_by", "because", "updated_at"])
    except IntegrityError as error:
        if "rule_proposals_waiting_once" not in str(error):
            raise
        raise NotDecided("These requests were proposed anew since. Decide on the new proposal.") from error


def _waiting(scope: Scope, proposal_id: UUID) -> RuleProposal:
    row = _locked(scope, proposal_id)
    if row.state != State.WAITING:
        by = f" by {row.decided_by}" if row.decided_by else ""
        raise DecidedAlready(f"This was {row.state} already{by}.")
    return row


def _locked(scope: Scope, proposal_id: UUID) -> RuleProposal:
    rows = RuleProposal.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, id=proposal_id)
    row = rows.first()
    if row is None:
        raise NotFound("There is no such proposal. The page Learned rules lists those there are.")
    return row
