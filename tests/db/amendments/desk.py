"""What the tests of amendments look at: everything that a way around the rules would move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

from django.db import connection

from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment, ProposalRevision
from governance.approvals.models import ApprovalRequest
from governance.approvals.quorum import Requirement, is_met
from governance.canonical import canonical_bytes, digest_bytes, loads_canonical
from governance.constitution import schema
from governance.errors import DomainError
from governance.ledger.models import LedgerEntry, LedgerHead
from governance.registry.models import Cause, System, SystemVersion
from governance.scope import Role
from governance.tenancy import in_tenant


@dataclass(frozen=True)
class Facts:
    """What is in force in a tenant."""

    constitutions: tuple[str, ...]
    versions: tuple[tuple[int, str, str], ...]
    amendments: tuple[tuple[int, bool], ...]
    applied: tuple[int, ...]


def facts(tenant_id: UUID) -> Facts:
    with in_tenant(tenant_id):
        return Facts(
            constitutions=tuple(
                digest_bytes(canonical_bytes(document))
                for document in System.objects.order_by("name").values_list("constitution", flat=True)
            ),
            versions=tuple(SystemVersion.objects.order_by("system", "number").values_list("number", "digest", "cause")),
            amendments=tuple(
                (row.number, row.rolled_back_at is not None)
                for row in ConstitutionalAmendment.objects.order_by("number")
            ),
            applied=tuple(
                AmendmentProposal.objects.filter(state__in=["applied", "scheduled", "approved"])
                .order_by("number")
                .values_list("number", flat=True)
            ),
        )


def demand_whole(tenant_id: UUID) -> None:
    """Every invariant that a finished history must keep, whatever happened in it."""
    with in_tenant(tenant_id):
        for system in System.objects.all():
            _demand_versions(system)
        _demand_amendments()
        _demand_open()
        _demand_chain(tenant_id)


def _demand_versions(system: System) -> None:
    rows = list(SystemVersion.objects.filter(system=system).order_by("number"))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1)), "versions have no gaps"
    assert all(row.digest == digest_bytes(bytes(row.canonical)) for row in rows)
    latest = loads_canonical(bytes(rows[-1].canonical))
    assert system.constitution_version == rows[-1].number, "the active version is the last one, and the only one"
    assert system.constitution == latest
    assert system.version == (schema.version_of(latest) or "1.0.0")
    assert system.capabilities == schema.capabilities_of(latest)
    applied = ConstitutionalAmendment.objects.filter(system=system)
    assert sum(row.cause == Cause.AMENDMENT for row in rows) == applied.count()
    assert sum(row.cause == Cause.ROLLBACK for row in rows) == applied.exclude(rolled_back_at=None).count()


def _demand_amendments() -> None:
    for amendment in ConstitutionalAmendment.objects.select_related("proposal__request"):
        proposal = amendment.proposal
        assert proposal.state == ("rolled_back" if amendment.rolled_back_at else "applied")
        decisions = list(proposal.request.decisions.all())
        people = [decision.user_id for decision in decisions if decision.verdict == "approve"]
        assert len(people) == len(set(people)), "nobody's approval counts twice"
        assert proposal.proposer_id is None or proposal.proposer_id not in people, "the author never counts"
        needed = sum(requirement["count"] for requirement in proposal.request.requirements)
        by_tars = any(decision.via == "standing_authority" for decision in decisions)
        assert by_tars or len(people) >= needed
        assert {decision.digest for decision in decisions} == {amendment.digest}, "only answers to this digest count"
    open_states = AmendmentProposal.objects.exclude(state__in=["applied", "rolled_back"])
    assert not ConstitutionalAmendment.objects.filter(proposal__in=open_states).exists()


def _demand_open() -> None:
    for request in ApprovalRequest.objects.filter(state="open", subject_kind="amendment"):
        proposal = AmendmentProposal.objects.get(request=request)
        assert proposal.state == "proposed", "only what waits asks"
        revision = ProposalRevision.objects.get(proposal=proposal, number=proposal.revision)
        assert request.digest == revision.digest, "an edit makes a new question"
        requirements = [Requirement.of(data) for data in request.requirements]
        yes = [frozenset(Role(role) for role in row.roles) for row in request.decisions.filter(verdict="approve")]
        assert not is_met(requirements, yes), "what is met does not wait"
    revised = AmendmentProposal.objects.filter(revision__gt=1)
    for stale in ApprovalRequest.objects.filter(subject_id__in=revised.values("id")).exclude(
        id__in=revised.exclude(request=None).values("request")
    ):
        assert stale.state in {"void", "refused"}, "approvals of an older revision are void"


def _demand_chain(tenant_id: UUID) -> None:
    head = LedgerHead.objects.get(tenant_id=tenant_id)
    before, sequence = bytes(32), 0
    for entry in LedgerEntry.objects.order_by("sequence"):
        sequence += 1
        assert entry.sequence == sequence and bytes(entry.previous_hash) == before, "the chain has no gap"
        before = bytes(entry.entry_hash)
    assert (head.sequence, bytes(head.entry_hash)) == (sequence, before)


@dataclass
class Told:
    """How one of several people at once came out."""

    result: Any = None
    refusal: DomainError | None = None
    crash: BaseException | None = None


def at_once(calls: Iterable[Callable[[], Any]]) -> list[Told]:
    """Run the calls in threads of their own, with connections of their own, from one starting line."""
    calls = list(calls)
    line, told = Barrier(len(calls)), [Told() for _ in calls]

    def runner(index: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            line.wait(30)
            told[index].result = call()
        except DomainError as refusal:
            told[index].refusal = refusal
        except BaseException as crash:
            told[index].crash = crash
        finally:
            connection.close()

    threads = [Thread(target=runner, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in told:
        if one.crash is not None:
            raise one.crash
    return told
