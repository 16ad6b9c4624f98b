"""What the demo promises to whoever opens it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalRevision,
    Rollback,
    RollbackState,
    StandingAuthority,
)
from governance.approvals.actions import seat_for
from governance.approvals.models import ApprovalDecision, OverrideReview, RequestState, Verdict, Via
from governance.errors import NotAllowed
from governance.registry.models import SystemVersion
from governance.scope import Role
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from routing.executions.models import Execution
from tests.db.demo.conftest import END, Demo


def proposals(demo: Demo) -> list[AmendmentProposal]:
    with in_tenant(demo.tenant_id):
        rows = AmendmentProposal.objects.filter(tenant_id=demo.tenant_id).select_related("system", "request")
        return list(rows.order_by("number"))


def applied(demo: Demo) -> list[ConstitutionalAmendment]:
    with in_tenant(demo.tenant_id):
        return list(ConstitutionalAmendment.objects.filter(tenant_id=demo.tenant_id).order_by("number"))


def waiting_for(demo: Demo, key: str) -> list[AmendmentProposal]:
    """The open questions this person can answer now."""
    scope = demo.scope(key)
    found = []
    for proposal in proposals(demo):
        if proposal.state != State.PROPOSED or proposal.request.state != RequestState.OPEN:
            continue
        with in_tenant(demo.tenant_id):
            has_answered = ApprovalDecision.objects.filter(
                request=proposal.request, user_id=scope.actor.user_id
            ).exists()
            try:
                seat_for(scope=scope, request=proposal.request, verdict=Verdict.APPROVE, override=False, at=END)
            except NotAllowed:
                continue
        if not has_answered and proposal.request.excluded_user_id != scope.actor.user_id:
            found.append(proposal)
    return found


def test_story__played__refuses_nothing(oms: Demo, newclient: Demo) -> None:
    assert oms.report.refused == newclient.report.refused == []


def test_tenants__terms_of_the_seeds(oms: Demo, newclient: Demo) -> None:
    for demo, terms in (
        (oms, ("OMS Consulting", "oms.com", "enterprise", 178, 5000)),
        (newclient, ("New Client", "newclient.com", "pro", 50, 2500)),
    ):
        with in_tenant(demo.tenant_id):
            row = Tenant.objects.get(id=demo.tenant_id)
        assert (row.name, row.domain, row.subscription_tier, row.max_users, row.max_monthly_budget) == terms
        assert row.is_demo


def test_systems__dependencies_of_the_seeds(oms: Demo) -> None:
    clay, payroll = oms.system("clay-consigliere"), oms.system("domicile-governance")
    wanted = {oms.system(name).id for name in ("domicile-governance", "personaplex-7b", "memvid")}
    assert set(clay.depends_on) == wanted
    assert clay.reverse_dependencies == []
    assert payroll.reverse_dependencies == [clay.id]
    assert payroll.capabilities[:5] == ["payroll", "compliance", "pdf-processing", "bamboohr", "dual-write"]
    assert len(oms.world.systems) == 7


def test_systems__figures__are_those_of_their_executions(oms: Demo) -> None:
    payroll = oms.system("domicile-governance")
    with in_tenant(oms.tenant_id):
        found = Execution.objects.filter(tenant_id=oms.tenant_id, system=payroll, receipts__sealed_in__isnull=False)
        counts = found.count(), found.filter(status="success").count()
    assert (payroll.total_executions, payroll.successful_executions) == counts
    assert counts[1] > 10 and payroll.avg_cost_usd > 0


def test_lifecycle__clay__is_that_of_the_seeds(oms: Demo) -> None:
    """seeds/000, Example: Full Amendment Lifecycle."""
    with in_tenant(oms.tenant_id):
        versions = list(SystemVersion.objects.filter(system=oms.system("clay-consigliere")).order_by("number"))
        history = {version.number: version for version in versions}
        changes = list(ConstitutionalAmendment.objects.filter(system_name="clay-consigliere").order_by("new_version"))
    first = changes[0].old_constitution
    assert (first["routing_confidence_threshold"], first["fallback_delay_ms"]) == (0.7, 500)
    by_day = {90 - (END.date() - change.approved_at.date()).days: change for change in changes}
    assert history[1].at.date() == END.date() - timedelta(days=89)
    assert by_day[31].approved_by == "TARS (autonomous)"
    assert by_day[31].diff == {"fallback_delay_ms": {"old": 500, "new": 200, "change": -300}}
    assert by_day[60].new_constitution["max_monthly_budget_usd"] == 1000
    last = by_day[90]
    assert last.approved_by == "compliance-officer@oms.com, maya@oms.com"
    assert not last.can_rollback
    said = ("routing_confidence_threshold", "fallback_delay_ms", "max_monthly_budget_usd", "audit_trail_required")
    assert [last.new_constitution[name] for name in said] == [0.7, 200, 1000, True]
    assert last.new_constitution["retention_period_days"] == 2555


def test_examples__delete_needs_approval__by_the_officer_alone(oms: Demo) -> None:
    found = next(row for row in applied(oms) if row.evidence.get("gov_md_section") == "7.3")
    assert found.new_constitution["requires_approval"] == ["upload_payroll_entries", "audit", "delete"]
    assert (found.approved_by, found.can_rollback) == ("compliance-officer@oms.com", False)


def test_authority__granted_by_preston__for_clay_only(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        grant = StandingAuthority.objects.get(tenant_id=oms.tenant_id)
    alone = [row for row in applied(oms) if row.approved_by == "TARS (autonomous)"]
    assert grant.granted_by == "preston@oms.com"
    assert grant.expires_at > END
    assert {row.system_name for row in alone} == {"clay-consigliere"}
    assert len(alone) >= 6


def test_amendments__every_type_basis_and_state__is_there(oms: Demo) -> None:
    found = proposals(oms)
    assert {row.amendment_type for row in found} == {kind.value for kind in AmendmentType}
    assert {row.basis for row in found} == {basis.value for basis in Basis}
    # approved is passed through within one transaction
    assert {row.state for row in found} == {state.value for state in State} - {"approved"}


def test_rollbacks__few__under_the_target(oms: Demo) -> None:
    rows = applied(oms)
    undone = [row for row in rows if row.rolled_back_at]
    dreams = [row for row in rows if row.amendment_type == "dream_promotion"]
    assert len(rows) >= 60
    assert len(undone) == 3
    assert {row.amendment_type for row in undone} == {"dream_promotion", "manual_update", "capability_expansion"}
    assert len(undone) / len(rows) < 0.05
    assert sum(row.rolled_back_at is None for row in dreams) / len(dreams) >= 0.95


def test_amendments__spread_over_ninety_days(oms: Demo) -> None:
    weeks = Counter((END.date() - row.approved_at.date()).days // 7 for row in applied(oms))
    assert set(range(13)) <= set(weeks)


@pytest.mark.parametrize(("key", "least"), [("officer", 4), ("preston", 3), ("jordan", 3), ("sam", 1), ("maya", 3)])
def test_inbox__each_desk__is_alive(oms: Demo, key: str, least: int) -> None:
    assert len(waiting_for(oms, key)) >= least


@pytest.mark.parametrize("key", ["officer", "lee", "preston", "dana"])
def test_inbox__second_tenant__is_alive(newclient: Demo, key: str) -> None:
    assert waiting_for(newclient, key)


def test_pending__each_type__waits(oms: Demo) -> None:
    waiting = [row for row in proposals(oms) if row.state == State.PROPOSED and row.request.state == RequestState.OPEN]
    assert {row.amendment_type for row in waiting} == {kind.value for kind in AmendmentType}


def test_pending__two_officers__one_has_approved(oms: Demo) -> None:
    found = [row for row in waiting_for(oms, "officer") if row.amendment_type == "governance_tightening"]
    with in_tenant(oms.tenant_id):
        given = {row.id: [d.actor_name for d in row.request.decisions.all()] for row in found}
    assert all(row.request.requirements == [{"roles": ["compliance_officer"], "count": 2}] for row in found)
    assert ["maya@oms.com"] in given.values()


def test_pending__one_deadline__is_near(oms: Demo) -> None:
    near = [row for row in waiting_for(oms, "officer") if END < row.expires_at <= END + timedelta(days=1)]
    assert len(near) == 1


def test_pending__one_is_stale(oms: Demo) -> None:
    [stale] = [row for row in proposals(oms) if row.state == State.PROPOSED and row.request.state == RequestState.VOID]
    with in_tenant(oms.tenant_id):
        base = ProposalRevision.objects.get(proposal=stale, number=stale.revision).base_version
    assert stale.system.constitution_version == base + 1


def test_scheduled__one_lies_ahead(oms: Demo) -> None:
    [row] = [row for row in proposals(oms) if row.state == State.SCHEDULED]
    assert row.effective_at == END + timedelta(days=6)


def test_override__one_waits_for_review(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        overrides = list(ApprovalDecision.objects.filter(tenant_id=oms.tenant_id, via=Via.OVERRIDE))
        reviewed = set(OverrideReview.objects.filter(tenant_id=oms.tenant_id).values_list("decision_id", flat=True))
    assert len([row for row in overrides if row.id not in reviewed]) == 1
    assert len(reviewed) == 1


def test_rollback__one_waits_for_a_second_person(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        row = Rollback.objects.get(tenant_id=oms.tenant_id, state=RollbackState.WAITING)
    assert (row.requested_by, row.effect) == ("jordan@oms.com", "expands")


def test_deputy__decided_once(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        row = ApprovalDecision.objects.get(tenant_id=oms.tenant_id, via=Via.DEPUTY)
    assert (row.actor_name, Role.COMPLIANCE.value in row.roles) == ("security@oms.com", True)


def test_sentences__all__read_as_sentences(oms: Demo, newclient: Demo) -> None:
    for proposal in (*proposals(oms), *proposals(newclient)):
        text = proposal.sentence
        assert re.fullmatch(r"[A-Z“].*[^.]\.", text), text
        assert not re.search(r"[{}\[\]\"/]|None|null|True|False|  ", text.replace("nvidia/personaplex", "")), text


def test_ledger__both_tenants__verify(oms: Demo, newclient: Demo) -> None:
    verify = pytest.importorskip("governance.audit.verify")
    queries = pytest.importorskip("governance.audit.queries")
    for demo in (oms, newclient):
        with in_tenant(demo.tenant_id):
            report = verify.verify(queries.records(demo.tars))
        assert report.is_verified, report
