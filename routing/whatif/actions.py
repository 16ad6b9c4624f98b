from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Count, Max

from governance import canonical
from governance.amendments import actions as amendments
from governance.amendments.models import AmendmentProposal
from governance.constitution import schema
from governance.errors import Invalid, NotFound
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from routing.router.models import RoutingRule
from routing.whatif.asked import Asked, problems_of
from routing.whatif.attaching import demand_fitting
from routing.whatif.changed import Changed, changed_by
from routing.whatif.evidence import plain
from routing.whatif.queries import content_of, found
from routing.whatif.running import KIND

SLOT: Final = timedelta(minutes=5)
KEY: Final = "routing.whatif:"


class BadQuestion(Invalid):
    """The question changes nothing, or a member of it is out of bounds; `problems` says which."""

    code = "bad_what_if"


@governed("whatif.start")
def start(*, scope: Scope, asked: Asked, at: datetime) -> Job:
    """Have past days replayed under the change. The same question within five minutes gives the same job, unless rules or
    constitutions changed meanwhile. Raises `NotAllowed`, `BadQuestion`, `NotFound` (a system, a rule, an amendment),
    `InvalidConstitution`, `NothingRouted`."""
    scope.demand(Capability.READ_RECORD, to="ask what would have happened")
    if problems := tuple(problems_of(asked)):
        raise BadQuestion("This cannot be asked.", problems=problems)
    if asked.constitution is not None:
        schema.check(dict(asked.constitution))
    asked = replace(asked, off=tuple(sorted(set(asked.off))))
    _demand_known(scope, asked)
    changed = changed_by(scope=scope, asked=asked)
    digest = changed.digest if changed else ""
    return jobs.start(
        scope=scope,
        kind=KIND,
        key=f"{KEY}{_key(scope, asked, digest, at)}",
        title=_title(asked, changed),
        payload={"asked": asked.as_json(), "digest": digest, "until": at.isoformat()},
        at=at,
    )


def attach(*, scope: Scope, job_id: UUID, number: int, at: datetime) -> AmendmentProposal:
    """Make the result evidence of one's own open amendment: its file is bound by digest, and a new revision begins, so that
    approvals given so far are void. Raises `NotAllowed`, `NotFound`, `NotReplayed`, `OtherChange`, and what
    `amendments.attach` raises."""
    scope.demand(Capability.PROPOSE, to="attach evidence to an amendment")
    with in_tenant(scope.tenant_id):
        result = found(scope=scope, job_id=job_id).demand_result()
    content = content_of(result)
    said = f"{plain(result)} {result['coverage']['sentence']} {result['sentence']}"
    return amendments.attach(
        scope=scope,
        number=number,
        name=f"what-if-{canonical.digest_bytes(content).removeprefix('sha256:')[:12]}.json",
        content=content,
        evidence={"what_if": said},
        demand=partial(demand_fitting, result),
        why="attached what would have happened",
        at=at,
    )


def _demand_known(scope: Scope, asked: Asked) -> None:
    names = {one.system for one in asked.added if "\x00" not in one.system}
    known = set(System.objects.filter(tenant_id=scope.tenant_id, name__in=names).values_list("name", flat=True))
    if missing := [one.system for one in asked.added if one.system not in known]:
        raise NotFound(f"There is no system called {missing[0][:80]}. The page Systems lists those there are.")
    ids = [UUID(id) for id in asked.off]
    if RoutingRule.objects.filter(tenant_id=scope.tenant_id, id__in=ids, is_active=True).count() < len(ids):
        raise NotFound("A rule that should be off is not among those that are on. The page Routing lists them.")


def _key(scope: Scope, asked: Asked, digest: str, at: datetime) -> str:
    """The question, what it is asked of, and the five minutes."""
    mine = {"tenant_id": scope.tenant_id}
    rules = RoutingRule.objects.filter(**mine).aggregate(count=Count("id"), last=Max("updated_at"))
    systems = System.objects.filter(**mine).aggregate(count=Count("id"), last=Max("updated_at"))
    state = [str(part[name]) for part in (rules, systems) for name in ("count", "last")]
    slot = int(at.timestamp() // SLOT.total_seconds())
    return canonical.digest({"asked": asked.as_json(), "digest": digest, "state": state, "slot": slot})


def _title(asked: Asked, changed: Changed | None) -> str:
    parts = [changed.label or f"another constitution of {changed.system}"] if changed else []
    parts += [f"threshold {asked.threshold:.2f}"] if asked.threshold is not None else []
    parts += [f"{_rules(len(asked.off))} off"] if asked.off else []
    parts += [f"{_rules(len(asked.added))} new"] if asked.added else []
    return f"What if over {asked.days} days: {', '.join(parts)}"


def _rules(count: int) -> str:
    return f"{count} {'rule' if count == 1 else 'rules'}"
