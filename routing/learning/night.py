"""`learn`: one night of a tenant, in many short transactions, so that a killed night goes on in the next run.

HAZARD: the ledger's head is the last lock of a transaction, so each kind and each rule that is judged has one of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from governance.identity.queries import able
from governance.ledger import actions as ledger
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from routing.learning.considering import A_NIGHT, Considered, consider, locked_state
from routing.learning.covering import Known, law_of
from routing.learning.deciding import EVENT
from routing.learning.glancing import Glance, chunks
from routing.learning.models import RequestCluster, RuleProposal, State
from routing.learning.proposing import Desk, Tally, judge
from routing.learning.refreshing import refresh
from routing.learning.settings import settings_of
from routing.router.likeness import cosine_of

KIND: Final = "learned_rules"
NEW: Final = 20
"""New proposals of one night; the rest comes the next."""


@dataclass(frozen=True, slots=True)
class Night:
    """What a night did. `waiting`: proposals that wait for a person now; `is_done_already`: it had been finished before."""

    considered: Considered
    tally: Tally
    refreshed: int = 0
    waiting: int = 0
    is_done_already: bool = False

    def as_json(self) -> dict[str, Any]:
        """What the state keeps of it, and pages show."""
        counts = asdict(self.tally)
        counts["proposed"] = len(self.tally.proposed)
        return {**asdict(self.considered), **counts, "refreshed": self.refreshed, "waiting": self.waiting}


def register_kinds() -> None:
    """Say what our news are called; called from `AppConfig.ready`, again without harm."""
    kinds.register(KIND, "Learned rules wait for review")


def learn(*, scope: Scope, model: str, night: date, at: datetime, most: int = A_NIGHT) -> Night:
    """Look at what is new, propose, refresh, tell. A night that was finished is not done again."""
    with in_tenant(scope.tenant_id, durable=True):
        settings, law = settings_of(scope=scope), law_of(scope=scope, model=model)
        if locked_state(scope, model, at=at).night == night:
            return Night(Considered(), Tally(), is_done_already=True)
    least, likeness = settings.least_similar, float(settings.likeness)
    considered = consider(scope=scope, model=model, likeness=likeness, least=least, at=at, most=most)
    bar, tally = cosine_of(likeness, model=model), Tally()
    desk = Desk(scope, law, settings, bar, NEW, at)
    known = Known()
    for ids in chunks(_frequent(scope, model, least)):
        glance = Glance(desk, ids, known)
        while (id := glance.next_due(tally)) is not None:
            _judge(desk, id, known, tally)
    refreshed = refresh(scope=scope, model=model, bar=bar, at=at)
    return _finish(scope, model, Night(considered, tally, refreshed), night=night, at=at)


def _judge(desk: Desk, id: UUID, known: Known, tally: Tally) -> None:
    scope, model = desk.scope, desk.law.model
    with in_tenant(scope.tenant_id, durable=True):
        locked_state(scope, model, at=desk.at)
        if cluster := RequestCluster.objects.filter(tenant_id=scope.tenant_id, id=id).first():
            judge(desk, cluster, known.read(scope=scope, model=model), tally)


def _frequent(scope: Scope, model: str, least: int) -> list[tuple[UUID, int]]:
    with in_tenant(scope.tenant_id):
        rows = RequestCluster.objects.filter(tenant_id=scope.tenant_id, embedding_model=model, seen__gte=least)
        return list(rows.order_by("-seen", "id").values_list("id", "seen"))


def _finish(scope: Scope, model: str, found: Night, *, night: date, at: datetime) -> Night:
    with in_tenant(scope.tenant_id, durable=True):
        state = locked_state(scope, model, at=at)
        waiting = RuleProposal.objects.filter(tenant_id=scope.tenant_id, state=State.WAITING).count()
        done = Night(found.considered, found.tally, found.refreshed, waiting)
        state.night, state.ran_at, state.report = night, at, done.as_json()
        state.save(update_fields=["night", "ran_at", "report"])
        if waiting and len(found.tally.proposed) > found.tally.activated:
            _tell(scope, waiting, night=night, at=at)
        if found.considered.looked_at or found.tally.proposed or found.refreshed:
            action = {"name": "learning.learn", "subject": "learning", "model": model, **done.as_json()}
            ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=_said(done))
        return done


def _tell(scope: Scope, waiting: int, *, night: date, at: datetime) -> None:
    rules = "rule waits" if waiting == 1 else "rules wait"
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.ROUTE),
        kind=KIND,
        key=f"learned-rules:{night.isoformat()}",
        subject="Learned rules",
        sentence=f"{waiting} learned {rules} for your review, each with its evidence.",
        url=reverse("learning:list"),
        at=at,
    )


def _said(night: Night) -> str:
    one, tally = night.considered, night.tally
    new = len(tally.proposed)
    parts = [
        f"Looked at {one.looked_at:,} executions that were not looked at yet",
        f"proposed {new} routing rule{'' if new == 1 else 's'}"
        + (f", {tally.activated} in force at once" if tally.activated else ""),
        f"refreshed {night.refreshed} learned rule{'' if night.refreshed == 1 else 's'}",
    ]
    if one.passed_over:
        parts.append(f"passed over {one.passed_over:,} older ones")
    return f"{', '.join(parts)}."
