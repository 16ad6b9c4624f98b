"""Tokens: what they hold, whom they speak for, when they stop."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.audit import checks
from governance.errors import NotAllowed, NotFound
from governance.identity.actions import remove_member, set_roles
from governance.ids import new_id
from governance.keys.models import ActorKey
from governance.ledger.models import LedgerEntry
from governance.registry.models import Status
from governance.scope import AGENT_CAPABILITIES, ActorKind, Capability, Role, Scope
from governance.tenancy import in_tenant
from governance.tokens.actions import AlreadyRevoked, BadWish, Issued, admit, issue_token, revoke_token
from governance.tokens.models import ApiToken
from governance.tokens.queries import BadToken, scope_of_token, tokens
from tests import factories as make

pytestmark = pytest.mark.usefixtures("database")
READ, PROPOSE, DECIDE = Capability.READ_RECORD, Capability.PROPOSE, Capability.DECIDE


def issued(scope: Scope, *scopes: Capability, system: str = "", days: int = 30, at: Any = make.AT) -> Issued:
    return issue_token(scope=scope, name="CI", scopes=scopes or [READ], days=days, system_name=system, at=at)


def agent(cast: make.Cast, *scopes: Capability) -> Scope:
    return scope_of_token(issued(cast.bo, *scopes or (READ, PROPOSE), system="clay-consigliere").secret, make.AT)


def test_issue__secret_has_its_form_and_only_its_hash_is_kept() -> None:
    cast = make.cast()
    made = issued(cast.bo, READ, PROPOSE)
    assert re.fullmatch(r"tars_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", made.secret)
    assert made.secret.startswith(made.token.prefix)
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM api_tokens t")
        assert made.secret[14:] not in str(cursor.fetchall())
        entries = LedgerEntry.objects.filter(action_name="tokens.issue_token")
        assert len(entries) == 1 and made.secret[14:] not in str(entries.values())


def test_scope__of_a_person__is_narrowed_and_has_the_person_s_name() -> None:
    cast = make.cast()
    scope = scope_of_token(issued(cast.bo, READ).secret, make.AT)
    assert scope.actor == cast.bo.actor and scope.tenant_id == cast.tenant.id
    assert {one for one in Capability if scope.can(one)} == {READ}


def test_scope__of_a_system__is_the_system_s_with_a_sponsor() -> None:
    cast = make.cast()
    scope = agent(cast)
    assert scope.actor.kind is ActorKind.SYSTEM
    assert scope.actor.name == "clay-consigliere (agent)"
    assert scope.actor.user_id == cast.system.id and scope.actor.sponsor_id == cast.bo.actor.user_id
    assert {one for one in Capability if scope.can(one)} == {READ, PROPOSE}


@pytest.mark.parametrize("capability", sorted(set(Capability) - AGENT_CAPABILITIES))
def test_issue__for_a_system__never_more_than_an_agent_may(capability: Capability) -> None:
    cast = make.cast()
    with pytest.raises(BadWish, match="never holds"):
        issued(cast.bo, READ, capability, system="clay-consigliere")


def test_issue__more_than_one_can_oneself__refused() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed, match="cannot do propose yourself"):
        issued(cast.uma, READ, PROPOSE)
    with pytest.raises(NotAllowed, match="cannot do propose yourself"):
        issued(cast.tess, PROPOSE, system="clay-consigliere")


def test_issue__for_a_system_without_managing_programs__refused() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed, match="for a system"):
        issued(cast.ada, READ, system="clay-consigliere")
    with pytest.raises(NotFound):
        issued(make.stranger(), READ, system="clay-consigliere")


def test_issue__nameless_endless_or_empty__refused() -> None:
    cast = make.cast()
    for wish in ({"name": " "}, {"days": 0}, {"days": 366}, {"scopes": []}, {"name": "x" * 81}):
        with pytest.raises(BadWish):
            issue_token(scope=cast.bo, at=make.AT, **{"name": "CI", "scopes": [READ], "days": 30, **wish})  # type: ignore[arg-type]


def test_issue__by_a_token_or_a_visit_or_tars__refused() -> None:
    cast = make.cast()
    program = scope_of_token(issued(cast.bo, READ).secret, make.AT)
    for scope in (program, agent(cast), cast.tars, replace(cast.bo, is_visit=True)):
        with pytest.raises(NotAllowed):
            issued(scope)


def test_token__expired_revoked_or_unknown__is_refused_with_what_to_do() -> None:
    cast = make.cast()
    made = issued(cast.bo, days=1)
    with pytest.raises(BadToken, match="ended on"):
        scope_of_token(made.secret, make.AT + timedelta(days=1))
    revoke_token(scope=cast.bo, token_id=made.token.id, because="Laptop lost", at=make.AT)
    with pytest.raises(BadToken, match="was revoked"):
        scope_of_token(made.secret, make.AT)
    for secret in ("", "tars_", made.secret[:-1], made.token.prefix, "x" * 10_000):
        with pytest.raises(BadToken, match="not known"):
            scope_of_token(secret, make.AT)


def test_token__of_somebody_who_left_or_lost_a_role__holds_what_is_left() -> None:
    cast = make.cast()
    made, of_system = issued(cast.bo, READ, PROPOSE), issued(cast.bo, READ, PROPOSE, system="clay-consigliere")
    set_roles(scope=cast.tess, user=cast.users["bo"], roles=[Role.AUDITOR], at=make.AT)
    for secret in (made.secret, of_system.secret):
        scope = scope_of_token(secret, make.AT)
        assert scope.can(READ) and not scope.can(PROPOSE)
    remove_member(scope=cast.tess, user=cast.users["bo"], at=make.AT)
    for secret in (made.secret, of_system.secret):
        with pytest.raises(BadToken, match="was revoked"):
            scope_of_token(secret, make.AT)


def test_token__of_an_inactive_account_or_an_archived_system__is_refused() -> None:
    cast = make.cast()
    made, of_system = issued(cast.bo), issued(cast.cy, system="clay-consigliere")
    cast.users["bo"].is_active = False
    cast.users["bo"].save()
    with pytest.raises(BadToken, match="no longer a member"):
        scope_of_token(made.secret, make.AT)
    make.status(cast.tess, "clay-consigliere", Status.ARCHIVED)
    with pytest.raises(BadToken, match="archived"):
        scope_of_token(of_system.secret, make.AT)
    with pytest.raises(BadWish, match="archived"):
        issued(cast.cy, system="clay-consigliere")


def test_use__is_noted_once_a_minute() -> None:
    cast = make.cast()
    made = issued(cast.bo)

    def used(seconds: int) -> Any:
        admit(secret=made.secret, limit=600, at=make.AT + timedelta(seconds=seconds))
        with in_tenant(cast.tenant.id):
            return ApiToken.objects.get(id=made.token.id).last_used_at

    assert used(0) == make.AT
    assert used(30) == make.AT
    assert used(61) == make.AT + timedelta(seconds=61)


def test_revoke__own_a_system_s_and_somebody_else_s() -> None:
    cast = make.cast()
    own, of_system, of_ada = issued(cast.bo), issued(cast.bo, system="clay-consigliere"), issued(cast.ada)
    for scope, made in ((cast.ada, own), (cast.ada, of_system), (cast.bo, of_ada)):
        with pytest.raises(NotAllowed):
            revoke_token(scope=scope, token_id=made.token.id, because="", at=make.AT)
    for scope, made in ((cast.bo, own), (cast.cy, of_system), (cast.tess, of_ada)):
        revoke_token(scope=scope, token_id=made.token.id, because="Over", at=make.AT)
        with pytest.raises(AlreadyRevoked):
            revoke_token(scope=scope, token_id=made.token.id, because="Over", at=make.AT)
    with pytest.raises(NotFound):
        revoke_token(scope=make.stranger(), token_id=own.token.id, because="", at=make.AT)


def test_revoke__with_the_token_itself__works_and_a_system_s_cannot() -> None:
    cast = make.cast()
    made, of_system = issued(cast.bo), issued(cast.bo, system="clay-consigliere")
    scope = scope_of_token(of_system.secret, make.AT)
    with pytest.raises(NotAllowed):
        revoke_token(scope=scope, token_id=of_system.token.id, because="", at=make.AT)
    revoke_token(scope=scope_of_token(made.secret, make.AT), token_id=made.token.id, because="", at=make.AT)


def test_list__shows_each_what_they_may_revoke() -> None:
    cast = make.cast()
    issued(cast.bo), issued(cast.ada), issued(cast.bo, system="clay-consigliere")

    def seen(scope: Scope) -> set[str]:
        with in_tenant(scope.tenant_id):
            return {row.system.name if row.system else row.user.name for row in tokens(scope=scope) if row}  # type: ignore[union-attr]

    assert seen(cast.bo) == {"Bo", "clay-consigliere"}
    assert seen(cast.ada) == {"Ada"}
    assert seen(cast.tess) == {"Bo", "Ada", "clay-consigliere"}
    assert seen(cast.mel) == seen(make.stranger()) == set()


def test_agent__proposes__and_its_sponsor_cannot_approve() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, by=agent(cast))
    assert proposal.proposer_id == cast.bo.actor.user_id
    assert proposal.proposed_by == "clay-consigliere (agent)"
    with pytest.raises(NotAllowed, match="second person"):
        make.approve(cast.bo, proposal)
    assert make.approve(cast.cy, proposal).state == "applied"
    with in_tenant(cast.tenant.id):
        key = ActorKey.objects.get(user_id=cast.system.id)
        assert key.name == "clay-consigliere (agent)"
    report = checks.run(tenant_id=cast.tenant.id, job=new_id(make.AT), at=make.AT).report
    assert report is not None and report.is_verified, report.findings


def test_agent__on_another_basis_or_in_another_s_proposal__refused() -> None:
    cast = make.cast()
    scope = agent(cast)
    with pytest.raises(NotAllowed, match="ordinary basis"):
        make.proposed(cast, by=scope, basis=Basis.SECURITY_PATCH)
    with pytest.raises(NotAllowed):
        make.proposed(cast, by=scope, type=AmendmentType.DREAM_PROMOTION)
    own = make.proposed(cast, by=cast.bo, is_draft=True)
    with pytest.raises(NotAllowed):
        amendments.send(scope=scope, number=own.number, at=make.AT)
    with pytest.raises(NotAllowed):
        amendments.withdraw(scope=scope, number=own.number, why="", at=make.AT)


def test_sponsor__withdraws_an_agent_s_proposal__and_does_not_send_it() -> None:
    cast = make.cast()
    draft = make.proposed(cast, by=agent(cast), is_draft=True)
    with pytest.raises(NotAllowed):
        amendments.send(scope=cast.bo, number=draft.number, at=make.AT)
    assert amendments.withdraw(scope=cast.bo, number=draft.number, why="", at=make.AT).state == "withdrawn"
    report = checks.run(tenant_id=cast.tenant.id, job=new_id(make.AT), at=make.AT).report
    assert report is not None and report.is_verified, report.findings


def test_admin__withdraws_somebody_s_draft__and_the_record_says_whose_it_was() -> None:
    cast = make.cast()
    draft = make.proposed(cast, by=cast.bo, is_draft=True)
    amendments.withdraw(scope=cast.tess, number=draft.number, why="Left behind", at=make.AT)
    report = checks.run(tenant_id=cast.tenant.id, job=new_id(make.AT), at=make.AT).report
    assert report is not None and report.is_verified, report.findings


def test_token_of_a_deputy__without_decide__does_not_decide() -> None:
    from governance.identity.actions import register_deputy

    cast = make.cast()
    proposal = make.proposed(cast)
    register_deputy(
        scope=cast.cy,
        principal=cast.users["cy"],
        deputy=cast.users["uma"],
        role=Role.OPERATOR,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=2),
        at=make.AT,
    )
    program = scope_of_token(issued(cast.uma, READ).secret, make.AT)
    with pytest.raises(NotAllowed, match="token does not hold decide"):
        make.approve(program, proposal)
    assert make.approve(cast.uma, proposal).state == "applied"
