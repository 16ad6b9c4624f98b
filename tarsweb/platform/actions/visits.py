"""Staff in a tenant they do not belong to: with a reason, for one hour, on its ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from governance.identity.queries import holders
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.jobs.handlers import Run
from governance.ledger import actions as ledger
from governance.ledger.models import LedgerEntry
from governance.ledger.verbs import governed
from governance.notices.actions import tell
from governance.scope import Capability, Role, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant
from tarsweb.platform.visits import Visit

LASTS = timedelta(hours=1)
END_VISIT = "end_visit"


@governed("platform.begin_visit")
def begin_visit(*, scope: Scope, reason: str, at: datetime) -> Visit:
    """Enter the scope's tenant for an hour; its admins are told. Raises `NotAllowed`, `ReasonMissing`."""
    scope.demand(Capability.MANAGE_TENANT, to="visit a tenant")
    reason = demand_reason(reason, why="you visit this tenant")
    tenant = Tenant.objects.get(id=scope.tenant_id)
    visit = Visit(new_id(at), tenant.id, tenant.name, tenant.is_demo, at + LASTS, reason)
    payload = {"visit_id": str(visit.id), "by": scope.actor.name}
    title = f"End the visit of {scope.actor.name}"
    jobs.start(
        scope=scope, kind=END_VISIT, key=f"visit:{visit.id}", title=title, payload=payload, at=at, due_at=visit.until
    )
    said = f"{scope.actor.name} of the platform's staff visits until {visit.until:%H:%M} UTC, because: {reason}"
    tell(
        scope=scope,
        user_ids=[user.id for user in holders(scope=scope, role=Role.ADMIN)],
        kind="visit",
        key=f"visit:{visit.id}",
        subject="Visit of platform staff",
        sentence=said,
        url="/ledger/?event=access",
        at=at,
    )
    action = {
        "name": "platform.begin_visit",
        "subject": visit.subject,
        "reason": reason,
        "until": visit.until.isoformat(),
    }
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
    return visit


@governed("platform.end_visit")
def end_visit(*, scope: Scope, visit_id: UUID, by: str, at: datetime) -> bool:
    """Enter that a visit is over, once; returns whether it was entered just now. Raises `NotAllowed`."""
    scope.demand(Capability.MANAGE_TENANT, to="end a visit")
    Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    subject = Visit.subject_of(visit_id)
    ended = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, action_name="platform.end_visit", subject=subject)
    if ended.exists():
        return False
    how = "its hour is over" if scope.actor.is_tars else "they left"
    action = {"name": "platform.end_visit", "subject": subject, "by": by}
    said = f"The visit of {by} of the platform's staff ended: {how}."
    ledger.append(scope=scope, at=at, event_type="access", action=action, explanation=said)
    return True


def end_by_job(run: Run) -> dict[str, bool]:
    """The job of every visit: its end is on the ledger, also when the browser is gone."""
    visit_id, by = UUID(run.payload["visit_id"]), str(run.payload["by"])
    return {"was_open": end_visit(scope=run.scope, visit_id=visit_id, by=by, at=run.at)}
