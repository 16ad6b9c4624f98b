from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import actions as amendments
from governance.amendments.errors import AttachedAlready, MergeConflict, WrongState
from governance.amendments.facts import current_revision
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.approvals.models import ApprovalRequest, RequestState
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.files.models import StoredFile
from governance.jobs import actions as jobs
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.whatif import actions, attaching, queries
from routing.whatif.actions import BadQuestion
from routing.whatif.asked import Added, Asked
from routing.whatif.attaching import OtherChange
from routing.whatif.changed import NothingRouted
from routing.whatif.queries import NotReplayed
from tests import factories as make
from tests.db.connectors.world import entries
from tests.db.whatif import desk

HIGHER = Asked(threshold=0.9)


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def revision(cast: make.Cast, proposal: AmendmentProposal) -> ProposalRevision:
    with in_tenant(cast.tenant.id):
        return current_revision(AmendmentProposal.objects.get(id=proposal.id))


def proposed(cast: make.Cast, **more: Any) -> AmendmentProposal:
    return make.proposed(cast, routing_confidence_threshold=0.9, at=make.later(100), **more)


def attached(scope: Scope, job: Job, proposal: AmendmentProposal, *, minutes: float = 700) -> AmendmentProposal:
    return actions.attach(scope=scope, job_id=job.id, number=proposal.number, at=make.later(minutes))


# start


def test_start__twice__the_same_job__until_a_rule_changes(cast: make.Cast) -> None:
    first = actions.start(scope=cast.uma, asked=HIGHER, at=desk.AT)
    again = actions.start(scope=cast.bo, asked=HIGHER, at=desk.AT)
    assert first.id == again.id
    desk.router.written(cast.bo, "Bake a bread", "memvid")
    assert actions.start(scope=cast.uma, asked=HIGHER, at=desk.AT).id != first.id
    assert actions.start(scope=cast.uma, asked=Asked(threshold=0.8), at=desk.AT).id != first.id


def test_start__two_at_once__one_job(cast: make.Cast) -> None:
    def asked(scope: Scope) -> Any:
        try:
            return actions.start(scope=scope, asked=HIGHER, at=desk.AT).id
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(asked, (cast.uma, cast.bo)))
    assert len(found) == 1


def test_job__the_longest_question__its_result_is_kept(cast: make.Cast) -> None:
    desk.past(cast, ["支払い明細を処理する " * 40, desk.PAYROLL])
    added = tuple(Added(f"{number} " + "支払い明細を処理する" * 95, "memvid") for number in range(20))
    job = desk.asked(cast.bo, threshold=0.2, added=added)
    with in_tenant(cast.tenant.id):
        found = queries.found(scope=cast.uma, job_id=job.id)
    assert found.demand_result()["asked"]["added"][19]["text"] == added[19].text


def test_start__without_a_desk__refused(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.start(scope=cast.mel, asked=HIGHER, at=desk.AT)


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        (Asked(), ""),
        (Asked(threshold=1.5), "/threshold"),
        (Asked(threshold=0.9, days=91), "/days"),
        (Asked(threshold=0.9, days=0), "/days"),
        (Asked(off=("no-id",)), "/off/0"),
        (Asked(added=(Added(" ", "memvid"),)), "/added/0/text"),
        (Asked(amendment=1, constitution={"skill": "x"}), "/constitution"),
    ],
)
def test_start__what_cannot_be_asked__every_fault_named(asked: Asked, pointer: str, cast: make.Cast) -> None:
    with pytest.raises(BadQuestion) as refused:
        actions.start(scope=cast.uma, asked=asked, at=desk.AT)
    assert [place for place, _ in refused.value.problems] == [pointer]


def test_start__strangers_things__not_found(cast: make.Cast) -> None:
    mallory, rule, proposal = make.stranger(), desk.rule(cast), proposed(cast)
    for asked in (
        Asked(off=(rule,)),
        Asked(added=(Added("Bake", "memvid"),)),
        Asked(amendment=proposal.number),
    ):
        with pytest.raises(NotFound):
            actions.start(scope=mallory, asked=asked, at=desk.AT)
    job = actions.start(scope=cast.uma, asked=HIGHER, at=desk.AT)
    with in_tenant(mallory.tenant_id):
        assert queries.recent(scope=mallory) == []
        with pytest.raises(NotFound):
            queries.found(scope=mallory, job_id=job.id)


def test_start__an_amendment_that_routes_nothing__is_decided__or_is_behind__says_so(cast: make.Cast) -> None:
    other = make.proposed(cast, fallback_delay_ms=200)
    with pytest.raises(NothingRouted, match="changes nothing that the router reads"):
        actions.start(scope=cast.uma, asked=Asked(amendment=other.number), at=desk.AT)
    behind = proposed(cast)
    make.approve(cast.cy, other, at=make.later(110))
    with pytest.raises(NothingRouted, match="is decided"):
        actions.start(scope=cast.uma, asked=Asked(amendment=other.number), at=desk.AT)
    with pytest.raises(NothingRouted, match="Rebase it"):
        actions.start(scope=cast.uma, asked=Asked(amendment=behind.number), at=desk.AT)


def test_start__a_constitution_that_is_none__refused_with_its_faults(cast: make.Cast) -> None:
    with pytest.raises(Invalid):
        actions.start(scope=cast.uma, asked=Asked(constitution={"capabilities": 3}), at=desk.AT)


def test_job__the_amendment_is_revised_meanwhile__gives_up_with_the_reason(cast: make.Cast) -> None:
    proposal = proposed(cast)
    job = actions.start(scope=cast.uma, asked=Asked(amendment=proposal.number), at=desk.AT)
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.CLAY, routing_confidence_threshold=0.8),
        evidence={"reason": "lower"},
        why="lower",
        at=make.later(200),
    )
    assert "revised meanwhile" in desk.worked(job).error


def test_job__cancelled__stops_at_its_next_step(cast: make.Cast) -> None:
    desk.past(cast, [desk.PAYROLL])
    job = actions.start(scope=cast.bo, asked=HIGHER, at=desk.AT)
    jobs.cancel(scope=cast.bo, job_id=job.id, at=desk.AT)
    assert attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=lambda: desk.AT) == "nothing to do"
    with in_tenant(cast.tenant.id), pytest.raises(NotReplayed):
        queries.found(scope=cast.uma, job_id=job.id).demand_result()


# attach


def test_attach__the_file_is_bound_by_digest__and_the_approval_is_void(cast: make.Cast) -> None:
    desk.past(cast, [desk.PAYROLL])
    proposal = proposed(cast)
    question, first = proposal.request_id, revision(cast, proposal)
    job = desk.asked(cast.uma, amendment=proposal.number)
    made = attached(cast.bo, job, proposal)
    now = revision(cast, proposal)
    assert made.revision == now.number == first.number + 1 and now.new_digest == first.new_digest
    assert now.digest != first.digest
    (file,) = now.evidence["attachments"]
    with in_tenant(cast.tenant.id):
        found = queries.found(scope=cast.bo, job_id=job.id)
        kept = StoredFile.objects.get(tenant_id=cast.tenant.id, digest=file["digest"])
        assert kept.expires_at is None and bytes(kept.content) == queries.content_of(found.result or {})
        assert file["digest"] == found.digest
        assert ApprovalRequest.objects.get(id=question).state == RequestState.VOID
        assert desk.PAYROLL.encode() not in bytes(kept.content)
    assert "could be replayed" in now.evidence["what_if"] and now.evidence["reason"] == first.evidence["reason"]
    assert len(entries(cast, "amendments.attach")) == 1


def test_attach__twice__refused__and_two_at_once__one_revision(cast: make.Cast) -> None:
    proposal = proposed(cast)
    job = desk.asked(cast.uma, amendment=proposal.number)

    def tried(minutes: float) -> str:
        try:
            attached(cast.bo, job, proposal, minutes=minutes)
            return "attached"
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(tried, (700, 701)))
    assert found == ["attached", "attached_already"]
    with pytest.raises(AttachedAlready):
        attached(cast.bo, job, proposal, minutes=702)
    assert revision(cast, proposal).number == 2


def test_attach__who_did_not_propose_it__or_may_not_propose__refused(cast: make.Cast) -> None:
    proposal = proposed(cast)
    job = desk.asked(cast.uma, amendment=proposal.number)
    for scope in (cast.cy, cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            attached(scope, job, proposal)
    with pytest.raises(NotFound):
        attached(make.stranger(), job, proposal)
    with in_tenant(cast.tenant.id):
        result = queries.found(scope=cast.uma, job_id=job.id).demand_result()
        assert attaching.targets(scope=cast.uma, result=result) == []
        assert attaching.targets(scope=cast.cy, result=result) == []
        assert [one.number for one in attaching.others(scope=cast.cy, result=result)] == [proposal.number]
        assert [one.number for one in attaching.targets(scope=cast.bo, result=result)] == [proposal.number]


def test_attach__to_another_change__refused(cast: make.Cast) -> None:
    first, second = proposed(cast), make.proposed(cast, routing_confidence_threshold=0.8, at=make.later(101))
    job = desk.asked(cast.uma, amendment=first.number)
    with pytest.raises(OtherChange):
        attached(cast.bo, job, second)
    elsewhere = desk.proposed_for(cast, "memvid", capabilities=["video-memory", "bake-bread"])
    with pytest.raises(OtherChange, match="is about clay-consigliere"):
        attached(cast.bo, desk.asked(cast.uma, threshold=0.8), elsewhere)


def test_attach__revised_between_the_check_and_the_lock__refused(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = proposed(cast)
    job = desk.asked(cast.uma, amendment=proposal.number)
    real = actions.found

    def revised_meanwhile(**known: Any) -> Any:
        found = real(**known)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(revise).result()
        return found

    def revise() -> None:
        lower = make.changed(make.CLAY, routing_confidence_threshold=0.8)
        known = {"scope": cast.bo, "number": proposal.number, "evidence": {"reason": "lower"}, "why": "lower"}
        try:
            amendments.revise(**known, constitution=lower, at=make.later(650))
        finally:
            connection.close()

    monkeypatch.setattr(actions, "found", revised_meanwhile)
    with pytest.raises(OtherChange, match="another document"):
        attached(cast.bo, job, proposal)
    assert "what_if" not in revision(cast, proposal).evidence


def test_targets__however_many_amendments__two_queries(cast: make.Cast) -> None:
    job = desk.asked(cast.uma, threshold=0.9)
    for minutes in (100, 101, 102):
        make.proposed(cast, routing_confidence_threshold=0.9, at=make.later(minutes))
    with in_tenant(cast.tenant.id):
        result = queries.found(scope=cast.bo, job_id=job.id).demand_result()
        with CaptureQueriesContext(connection) as captured:
            assert len(attaching.targets(scope=cast.bo, result=result)) == 3
    assert len(captured) == 2


def test_attach__a_threshold_alone__to_an_amendment_of_the_router(cast: make.Cast) -> None:
    proposal = proposed(cast, is_draft=True)
    made = attached(cast.bo, desk.asked(cast.uma, threshold=0.9), proposal)
    assert made.state == "draft" and made.revision == 2


def test_attach__decided_or_behind__refused(cast: make.Cast) -> None:
    proposal, rival = proposed(cast), make.proposed(cast, fallback_delay_ms=300, at=make.later(101))
    job = desk.asked(cast.uma, threshold=0.9)
    make.approve(cast.cy, rival, at=make.later(110))
    with pytest.raises(MergeConflict):
        attached(cast.bo, job, proposal)
    amendments.withdraw(scope=cast.bo, number=proposal.number, why="no", at=make.later(120))
    with pytest.raises(WrongState):
        attached(cast.bo, job, proposal)


def test_attach__before_the_replay_is_done__refused(cast: make.Cast) -> None:
    proposal = proposed(cast)
    job = actions.start(scope=cast.bo, asked=Asked(amendment=proposal.number), at=desk.AT)
    with pytest.raises(NotReplayed):
        attached(cast.bo, job, proposal)
