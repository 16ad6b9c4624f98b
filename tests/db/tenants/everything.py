"""A tenant in which every tenant table has at least one row, made through the verbs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np

from billing.budgets.actions import ask_top_up, check_alerts, grant_monthly, reserve, seal_due, set_price, settle
from billing.budgets.usage import Usage
from dreams.cycles import rating, wishes
from dreams.cycles import settings as nights
from dreams.elicitation import actions as elicitation
from dreams.elicitation.scenario import Kind
from dreams.guardrails import settings as guardrails
from dreams.guardrails.tasks import watch_tenant
from governance.amendments import actions as amendments
from governance.amendments import counting
from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals import desk
from governance.approvals.actions import review_override
from governance.approvals.models import ApprovalDecision, Via
from governance.approvals.reminders import nudge
from governance.assets import actions as assets
from governance.constitution.diff import Effect
from governance.drift.actions import set_state
from governance.drift.observing import observe
from governance.estop.actions import stop
from governance.files.actions import upload
from governance.idempotency.actions import claim
from governance.identity.actions import invite, register_deputy
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.jobs.attempts import attempt
from governance.notices.actions import set_preference
from governance.notices.mail import write_due
from governance.policy.verdict import Outcome
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.rulebook.actions.cases import save_case
from governance.rulebook.actions.deciding import decide_many
from governance.rulebook.question import Question
from governance.rulebook.session_actions import update_session
from governance.scope import Capability, Role
from governance.searches.actions import save_search
from governance.tenancy import in_tenant
from governance.tokens.actions import admit, issue_token
from governance.webhooks import actions as webhooks
from routing.connectors import actions as connectors
from routing.connectors.contract import ToolDefinition
from routing.executions import folding as executions_folding
from routing.executions import work
from routing.executions.actions import handle
from routing.executions.correcting import correct
from routing.executions.sealing import seal_receipts
from routing.learning.actions import change_settings
from routing.lifecycle import ageing, holds, moving, noting
from routing.router.actions import Wish, write_rule
from routing.router.models import NextVector
from routing.telemetry import folding as telemetry_folding
from routing.telemetry.actions import report
from tests import factories as make
from tests.db.dreams import desk as dreams
from tests.db.drift.streams import Stream, only
from tests.db.router import desk as router
from tests.db.routing.learning import desk as learning


def everything() -> make.Cast:
    cast = make.cast()
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=300))
    _override(cast)
    register_deputy(
        scope=cast.ada,
        principal=cast.users["ada"],
        deputy=cast.users["bo"],
        role=Role.COMPLIANCE,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=7),
        at=make.AT,
    )
    amendments.grant_authority(
        scope=cast.bo,
        systems=[],
        pointers={"/fallback_delay_ms": 100},
        max_per_week=1,
        expires_at=make.AT + timedelta(days=7),
        reason="Small steps are safe.",
        at=make.AT,
    )
    amendments.set_quorum(
        scope=cast.tess,
        type=AmendmentType.MANUAL_UPDATE,
        effect=Effect.TIGHTENS,
        role=Role.COMPLIANCE,
        count=1,
        at=make.AT,
    )
    wish = Wish(pattern="Process payroll PDFs", system=cast.system.name)
    write_rule(scope=cast.bo, wish=wish, at=make.AT)
    _programs(cast)
    _talk(cast)
    update_session(scope=cast.bo, session=f"session-{cast.tenant.id}", rule="no network calls", at=make.AT)
    _policy(cast)
    save_search(scope=cast.uma, page="ledger:list", name="Refusals", query="outcome=refused", at=make.AT)
    invite(scope=cast.tess, email="new@example.org", roles=[Role.AUDITOR], at=make.AT)
    dollars, _ = grant_monthly(scope=cast.tars, total=Decimal("100.00"), at=make.AT)
    _money(cast)
    ask_top_up(scope=cast.bo, resource_id=dollars.id, amount=Decimal(1), reason="A busy month.", at=make.AT)
    check_alerts(scope=cast.tars, at=make.AT)
    set_preference(scope=cast.ada, mail="daily", muted=[], at=make.AT)
    stop(scope=cast.sam, system_name=cast.system.name, reason="It answers twice.", at=make.AT)
    _asset(cast)
    set_state(scope=cast.sam, system_name=cast.system.name, state="HOLD", reason="It wanders.", at=make.AT)
    _drifting(cast)
    _agent(cast)
    _work(cast)
    _old(cast)
    _learned(cast)
    _watched(cast)
    _elicited(cast)
    _dreamed(cast)
    write_due(tenant_id=cast.tenant.id, at=make.AT)
    return cast


def _money(cast: make.Cast) -> None:
    """A price, a charge that is sealed, and a hold of nearly all there is, with its lines and its signed movement."""
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal("0.01"), at=make.AT)
    small, _ = (
        reserve(
            scope=cast.bo,
            system_id=cast.system.id,
            key=key,
            amounts={"usd_budget": Decimal(amount)},
            expires_at=make.later(60),
            at=make.AT,
        )
        for key, amount in (("small", "0.5"), ("first", "99"))
    )
    settle(scope=cast.bo, hold_id=small.id, usage=Usage(), at=make.AT)
    seal_due(scope=cast.tars, at=make.AT)


def _drifting(cast: make.Cast) -> None:
    """A metric that was fed, and a score that differs from none."""
    stream = Stream(cast.tenant.id, cast.system.id)
    stream.add("compliance", np.zeros(40))
    with only(stream):
        observe(scope=cast.tars, at=make.later(1))


def _agent(cast: make.Cast) -> None:
    """A system that is reached, with a secret, a tool that waits and one that ran."""
    name = cast.system.name
    made = connectors.configure(
        scope=cast.bo, system_name=name, deployment_type="local", kind="mcp_stdio", target="payroll", at=make.AT
    )
    connectors.set_secret(scope=cast.bo, system_name=name, name="API_KEY", value="never-to-be-seen", at=make.AT)
    tools = [ToolDefinition("audit", "Audits.", {"type": "object"})]
    connectors.take_look(scope=cast.tars, connector_id=made.id, pointed_at=made.pointed_at, tools=tools, at=make.AT)
    report(scope=cast.bo, calls=[{"server": name, "tool": "audit"}], at=make.AT)


def _work(cast: make.Cast) -> None:
    """A request that is done, with its receipt, and one that is due."""
    done = handle(scope=cast.bo, text="Audit payroll", system=cast.system.name, at=make.AT)
    work.advance(tenant_id=cast.tenant.id, request_id=done.id, clock=lambda: make.AT)
    router.system(cast, "elsewhere", "payroll")
    correct(scope=cast.bo, execution_id=done.id, system="elsewhere", at=make.AT)
    seal_receipts(scope=cast.tars, at=make.AT)
    counting.fold(scope=cast.tars)
    for fold in (executions_folding.fold, telemetry_folding.fold):
        fold(scope=cast.tars, at=make.AT + timedelta(days=1))
    handle(scope=cast.bo, text="Audit payroll again", at=make.AT)


def _dreamed(cast: make.Cast) -> None:
    """A night that was called off after its first block, a wish, and something that must never come again."""
    dreams.furnish(cast, dreams.telling, served=82)
    nights.change(scope=cast.bo, changes={"budget_usd": Decimal(0)}, reason="They cost nothing.", at=make.AT)
    cycle = dreams.planned(cast)
    dreams.ran(cast, cycle, progress=dreams.called_off)
    wishes.bar(scope=cast.ada, dream_id=dreams.dreams(cast, cycle)[1].id, reason="It is wrong.", at=dreams.NIGHT)
    dream = dreams.dreams(cast, cycle)[1]
    with in_tenant(cast.tenant.id):
        pair = rating.blind(scope=cast.bo, dream_id=dream.id)[0]
    stars = {"first": 4, "second": 2}
    rating.rate(scope=cast.bo, dream_id=dream.id, request_key=pair.request_key, at=dreams.NIGHT, **stars)
    changes = {"/fuzzy_match_threshold": 0.6}
    wishes.ask(scope=cast.bo, system_name=dreams.NAME, changes=changes, note="", at=dreams.NIGHT)


def _watched(cast: make.Cast) -> None:
    """An amendment that took effect, under guardrails that somebody chose."""
    guardrails.change(scope=cast.ada, days=14, rules={}, reason="Payroll runs twice a month.", at=make.AT)
    make.applied(cast, at=make.later(5), routing_confidence_threshold=0.72)
    watch_tenant(scope=cast.tars, at=make.later(10))


def _elicited(cast: make.Cast) -> None:
    """A scenario that people wrote, and a run."""
    content = {"title": "Refunds", "domain": "money", "principle": "Refunds", "action": "refund", "expected": "deny"}
    elicitation.save(
        scope=cast.ada, kind=Kind.SCENARIO, key="refunds", content=content, reason="We agreed.", at=make.later(11)
    )
    job = elicitation.start(scope=cast.bo, system_name=cast.system.name, at=make.later(12))
    attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=lambda: make.later(12))


def _learned(cast: make.Cast) -> None:
    """Ten executions that are alike, out of which a rule is proposed."""
    change_settings(scope=cast.bo, least_similar=10, likeness=Decimal("0.80"), is_automatic=False, at=make.AT)
    learning.done(cast.tars, learning.texts(10), cast.system.name)
    learning.learn(cast)
    with in_tenant(cast.tenant.id):
        NextVector.objects.create(
            id=new_id(make.AT),
            tenant_id=cast.tenant.id,
            kind="rule",
            subject_id=cast.system.id,
            said="",
            model="m",
            vector=[1.0],
        )


def _old(cast: make.Cast) -> None:
    """What was done is long ago: it is archived, its system is on hold, and somebody has opened it."""
    later = make.AT + timedelta(days=400)
    ageing.age(scope=cast.tars, at=later)
    moving.archive(scope=cast.tars, at=later)
    holds.place(scope=cast.ada, system=cast.system.name, reason="A court asked.", at=later)
    with in_tenant(cast.tenant.id):
        noting.note(scope=cast.ada, system_id=cast.system.id, at=later)


def _asset(cast: make.Cast) -> None:
    """Something shared, with a mandate on it, that was used once."""
    assets.register_asset(scope=cast.bo, name="gpu-pool", asset_type="compute", ownership_model="shared", at=make.AT)
    assets.issue_mandate(
        scope=cast.ada,
        asset_name="gpu-pool",
        effect="permits",
        actions=["train.*"],
        authority="did:group:ml",
        expires_at=make.AT + timedelta(days=365),
        at=make.AT,
    )
    assets.record_use(scope=cast.bo, asset_name="gpu-pool", at=make.AT)


def _policy(cast: make.Cast) -> None:
    """A question that was decided, one that was denied on a safety budget, and one that is kept as a case."""
    name, facts = cast.system.name, {"amount": 5}
    register_system(
        scope=cast.bo,
        name=f"careful-{cast.tenant.id}",
        type=SystemType.AGENT,
        constitution=make.CLAY | {"safety_budget": {"denials": 3}},
        at=make.AT,
    )
    questions = [Question(name, "payroll", facts), Question(f"careful-{cast.tenant.id}", "fly", {})]
    decide_many(scope=cast.bo, questions=questions, at=make.AT)
    save_case(
        scope=cast.bo,
        name=f"Payroll of {cast.tenant.id}",
        system_name=name,
        action="payroll",
        facts=facts,
        expected=Outcome.PERMIT,
        at=make.AT,
    )


def _programs(cast: make.Cast) -> None:
    """What works for the tenant and what is told of it."""
    with in_tenant(cast.tenant.id):
        jobs.start(scope=cast.bo, kind="export", key="first", title="Export", payload={}, at=make.AT)
    claim(tenant_id=cast.tenant.id, owner="tars", key="first", fingerprint="", at=make.AT)
    issued = issue_token(scope=cast.bo, name="CI", scopes=[Capability.READ_RECORD], days=30, at=make.AT)
    admit(secret=issued.secret, limit=600, at=make.AT)
    webhook, _ = webhooks.add_webhook(
        scope=cast.tess, name="CI", url="https://ci.example.com/in", events=[], at=make.AT
    )
    webhooks.send_test(scope=cast.tess, webhook_id=webhook.id, at=make.AT)


def _talk(cast: make.Cast) -> None:
    """A proposal that people have looked at and said something about, with a file."""
    file = upload(scope=cast.bo, name="why.txt", content=b"Because.", at=make.AT)
    proposal = make.proposed(cast, attachments=[file.id], fallback_delay_ms=450)
    amendments.comment(scope=cast.ada, number=proposal.number, pointer="/fallback_delay_ms", text="Why?", at=make.AT)
    amendments.tick(scope=cast.ada, number=proposal.number, pointer="/fallback_delay_ms", is_viewed=True, at=make.AT)
    assert proposal.request_id is not None
    desk.take(scope=cast.cy, request_id=proposal.request_id, at=make.AT)
    nudge(scope=cast.uma, request_id=proposal.request_id, user_id=cast.cy.person_id, at=make.AT)
    desk.snooze(scope=cast.cy, request_id=proposal.request_id, until=make.AT + timedelta(hours=1), at=make.AT)
    amendments.look(scope=cast.ada, number=proposal.number, digest=make.digest_of(cast.bo, proposal), at=make.AT)


def _override(cast: make.Cast) -> None:
    """Sam is the only one in security and proposed the patch, so Ada overrides and Tess reviews."""
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    make.approve(cast.ada, patch, override=True, note="Sam is alone in security.")
    with in_tenant(cast.tenant.id):
        decision = ApprovalDecision.objects.get(via=Via.OVERRIDE)
    review_override(scope=cast.tess, decision_id=decision.id, upheld=True, note="It was right.", at=make.AT)
