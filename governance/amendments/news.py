"""What other programs are told when an amendment moves: the facts of the move, and where to read on."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.scope import Scope
from governance.webhooks.actions import emit
from governance.webhooks.events import EVENTS


def tell_programs(
    *, scope: Scope, proposal: AmendmentProposal, before: State, to: State, why: str, at: datetime
) -> None:
    """Emit `amendment.<state>` inside the transaction of the move; a state that nobody can ask for is no news."""
    event = f"amendment.{to.value}"
    if event in EVENTS:
        data = {
            "number": proposal.number,
            "label": proposal.label,
            "system": proposal.system.name,
            "amendment_type": proposal.amendment_type,
            "basis": proposal.basis,
            "effect": proposal.effect,
            "sentence": proposal.sentence,
            "before": before.value,
            "state": to.value,
            "by": scope.actor.name,
            "why": why,
            "url": f"{settings.PUBLIC_URL.rstrip('/')}/amendments/{proposal.label}/",
        }
        emit(scope=scope, event=event, subject=proposal.label, data=data, at=at)
