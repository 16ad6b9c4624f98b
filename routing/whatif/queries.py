"""Results as pages and the API read them, and what a form offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.amendments.models import AmendmentProposal
from governance.amendments.queries.rests import REVISABLE
from governance.canonical import canonical_bytes, digest_bytes
from governance.errors import DomainError, NotFound
from governance.jobs import queries as jobs
from governance.jobs.models import Job, JobState
from governance.scope import Capability, Scope
from routing.router import nearest
from routing.router.models import RoutingRule
from routing.router.obeyed import Obeyed, obeyed
from routing.whatif.asked import Added, Asked
from routing.whatif.evidence import evidence_of
from routing.whatif.running import KIND

MOST_RULES: Final = 200
RECENT: Final = 20


class NotReplayed(DomainError):
    """The replay is under way, or ended without a result."""

    code = "not_replayed"


@dataclass(frozen=True, slots=True)
class Found:
    """One question and what became of it. `result` is None until the replay is done; it holds the question, so that the file
    says what was asked."""

    job: jobs.Row
    asked: dict[str, Any]
    result: dict[str, Any] | None

    def demand_result(self) -> dict[str, Any]:
        """The result. Raises `NotReplayed`."""
        if self.result is None:
            raise NotReplayed("This what-if has no result yet. Wait until it is done, or ask it again.")
        return self.result

    @property
    def digest(self) -> str:
        """Of the result as a file; "" while there is none."""
        return digest_bytes(content_of(self.result)) if self.result else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A result in the list of those there are."""

    id: UUID
    title: str
    state: str
    tone: str
    mark: str
    label: str
    by: str
    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form offers: today's law, the rules that are on, amendments that are open."""

    router: str
    law: Obeyed
    rules: tuple[tuple[str, str], ...]
    more_rules: int
    amendments: tuple[tuple[int, str], ...]


def found(*, scope: Scope, job_id: UUID) -> Found:
    """Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.READ_RECORD, to="read what would have happened")
    job = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND, id=job_id).first()
    if job is None:
        raise NotFound("There is no such what-if. The page What if lists those there are.")
    return _found(scope, job)


def recent(*, scope: Scope, before: UUID | None = None, most: int = RECENT) -> list[Line]:
    """The newest, newest first. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="read what would have happened")
    rows = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_line(scope, job) for job in rows.order_by("-id")[:most]]


def offer(*, scope: Scope, off: tuple[str, ...] = ()) -> Offer:
    """For the form; rules of `off` come first and are always there. Four queries."""
    router = nearest.router(scope=scope)
    law = obeyed(router.name, router.constitution) if router else Obeyed()
    rows = RoutingRule.objects.filter(tenant_id=scope.tenant_id, is_active=True)
    names = rows.order_by("request_pattern").values_list("id", "request_pattern")
    first = list(names.filter(id__in=off)) if off else []
    rest = list(names.exclude(id__in=off)[: MOST_RULES + 1])
    shown = tuple((str(id), pattern) for id, pattern in (*first, *rest[:MOST_RULES]))
    more = rows.count() - len(shown) if len(rest) > MOST_RULES else 0
    open = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, state__in=REVISABLE).select_related("system")
    offered = [
        (one.number, f"{one.label} · {one.system.name}: {one.sentence}"[:160]) for one in open.order_by("-number")[:100]
    ]
    return Offer(router.name if router else "", law, shown, more, tuple(offered))


def last_about(*, scope: Scope, number: int, digest: str) -> Found | None:
    """The newest result about this document of an amendment. One query."""
    rows = Job.objects.filter(
        tenant_id=scope.tenant_id, kind=KIND, state=JobState.DONE, payload__asked__amendment=number
    )
    job = rows.filter(payload__digest=digest).order_by("-id").first()
    return _found(scope, job) if job else None


def last_of(*, scope: Scope, added: tuple[Added, ...]) -> Found | None:
    """The newest question about these new rules and nothing else, whatever became of it. One query."""
    alone = Asked(added=added).as_json()
    del alone["days"]
    rows = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND, payload__asked__contains=alone)
    job = rows.filter(payload__asked__added=alone["added"]).order_by("-id").first()
    return _found(scope, job) if job else None


def moved_since(*, scope: Scope, result: dict[str, Any]) -> str:
    """What a result no longer knows: rules that were written, changed or turned off since, or another threshold. Two queries."""
    until = datetime.fromisoformat(result["until"])
    changed = RoutingRule.objects.filter(tenant_id=scope.tenant_id, updated_at__gt=until).count()
    if changed:
        return ngettext("%(n)s rule changed since.", "%(n)s rules changed since.", changed) % {"n": f"{changed:,}"}
    router = nearest.router(scope=scope)
    law = obeyed(router.name, router.constitution) if router else Obeyed()
    before = result["thresholds"]["before"]
    if law.threshold != before:
        said = {"before": f"{before:.2f}", "now": f"{law.threshold:.2f}"}
        return _("The threshold was %(before)s and is %(now)s.") % said
    return ""


def content_of(result: dict[str, Any]) -> bytes:
    """The result as the file that is taken away or attached: without the words of requests and rules."""
    return canonical_bytes(evidence_of(result))


def _found(scope: Scope, job: Job) -> Found:
    asked = job.payload["asked"]
    result = {name: value for name, value in job.result.items() if name not in {"url", "label"}}
    is_done = job.state == JobState.DONE and bool(result)
    return Found(jobs.row_of(scope=scope, job=job), asked, {"asked": asked, **result} if is_done else None)


def _line(scope: Scope, job: Job) -> Line:
    row = jobs.row_of(scope=scope, job=job)
    said = str(job.result.get("sentence", "")) if job.state == JobState.DONE else ""
    return Line(
        row.id, row.title, row.state, row.tone, row.mark, row.state_label, row.requested_by, row.created_at, said
    )
