"""The road below every verb: raw SQL as the application role, inside the right tenant.

What the database can refuse, it refuses. What it cannot (a row that looks like a person's answer), the next verb does,
for it derives everything again and checks signatures; nobody without the installation's key file can make one.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection

from governance.amendments import actions as amendments
from governance.amendments.errors import Tampered
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.approvals.actions import AlreadyDecided, NotApproved
from governance.approvals.models import ApprovalDecision, ApprovalRequest
from governance.approvals.statement import signed_message, statement
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.canonical import canonical_bytes, digest_bytes
from governance.errors import DomainError
from governance.ids import new_id
from governance.keys.did import did_of
from governance.keys.models import ActorKey
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole, facts
from tests.db.tenants.catalogue import run

LOOSE = {"limits": "none"}
_LOOSE_BYTES = canonical_bytes(LOOSE)
_AMEND = """
WITH forged AS (
  INSERT INTO constitutional_amendments (id, tenant_id, number, proposal_id, system_id, system_name, amendment_type,
    basis, effect, sentence, old_constitution, new_constitution, diff, evidence, base_version, new_version, old_digest,
    new_digest, bound, digest, proposed_by, approved_by, approved_at, can_rollback)
  SELECT gen_random_uuid(), p.tenant_id, p.number, p.id, p.system_id, s.name, p.amendment_type, p.basis,
    'neutral', 'Nothing.', s.constitution, %(new)s::text::jsonb, '{"a": 1}', '{"a": 1}', s.constitution_version,
    s.constitution_version + 1, 'x', %(digest)s, 'x', r.digest, 'nobody', 'somebody', now(), true
  FROM amendment_proposals p JOIN systems s ON s.id = p.system_id
  JOIN proposal_revisions r ON r.proposal_id = p.id AND r.number = p.revision RETURNING *)
"""
_INTO_VERSIONS = (
    "INSERT INTO system_versions (id, tenant_id, at, by, system_id, canonical, digest, number, cause, amendment_id) "
    "SELECT gen_random_uuid(), tenant_id, now(), 'x', "
)
_AMENDED = _INTO_VERSIONS + "system_id, convert_to(%(new)s::text, 'UTF8'), %(digest)s, "
_VERSION = _AMENDED + "new_version, 'amendment', id FROM forged"
REFUSED = {
    "set a constitution": "UPDATE systems SET constitution = '{}'",
    "set a constitution and its version": "UPDATE systems SET constitution = '{}', constitution_version = 2",
    "set the derived capabilities": "UPDATE systems SET capabilities = '{root}'",
    "set the derived version": "UPDATE systems SET version = '9.9.9'",
    "rename a system": "UPDATE systems SET name = 'other'",
    "delete a system": "DELETE FROM systems",
    "write a version": _INTO_VERSIONS + "id, convert_to('{}', 'UTF8'), 'x', 9, 'registered', NULL FROM systems",
    "write a version under an old amendment": (
        _AMENDED + "new_version + 1, 'amendment', id FROM constitutional_amendments WHERE rolled_back_at IS NULL"
    ),
    "rewrite a version": "UPDATE system_versions SET canonical = convert_to('{}', 'UTF8')",
    "delete the versions": "DELETE FROM system_versions",
    "write an amendment": _AMEND + "SELECT 1 FROM forged",
    "write an amendment with its version": _AMEND + _VERSION,
    "rewrite an amendment": "UPDATE constitutional_amendments SET sentence = 'Nothing.'",
    "claim another approver": "UPDATE constitutional_amendments SET approved_by = 'the board'",
    "delete an amendment": "DELETE FROM constitutional_amendments",
    "mark as rolled back and back again": (
        "UPDATE constitutional_amendments SET rolled_back_at = now(); \n"
        "UPDATE constitutional_amendments SET rolled_back_at = NULL"
    ),
    "roll back to a constitution of one's own": (
        "UPDATE constitutional_amendments SET rolled_back_at = now(); \n"
        + _AMENDED
        + "new_version + 1, 'rollback', id FROM constitutional_amendments"
    ),
    "call a proposal approved": "UPDATE amendment_proposals SET state = 'approved' WHERE state = 'proposed'",
    "call a proposal scheduled": "UPDATE amendment_proposals SET state = 'scheduled' WHERE state = 'proposed'",
    "call a proposal applied": "UPDATE amendment_proposals SET state = 'applied' WHERE state = 'proposed'",
    "call an applied one rolled back": "UPDATE amendment_proposals SET state = 'rolled_back' WHERE state = 'applied'",
    "ask an applied one again": "UPDATE amendment_proposals SET state = 'proposed' WHERE state = 'applied'",
    "give a proposal another proposer": "UPDATE amendment_proposals SET proposer_id = gen_random_uuid()",
    "give a proposal no proposer": "UPDATE amendment_proposals SET proposer_id = NULL",
    "give a proposal another type": "UPDATE amendment_proposals SET amendment_type = 'dream_promotion'",
    "give a proposal another basis": "UPDATE amendment_proposals SET basis = 'security_patch'",
    "give a proposal another number": "UPDATE amendment_proposals SET number = number + 1000",
    "delete a proposal": "DELETE FROM amendment_proposals",
    "rewrite a revision": "UPDATE proposal_revisions SET new_constitution = convert_to('{}', 'UTF8')",
    "rewrite the timeline": "UPDATE proposal_moves SET by = 'the board'",
    "move a question's digest": "UPDATE approval_requests SET digest = 'sha256:0'",
    "ask a question of fewer": "UPDATE approval_requests SET requirements = '[]'",
    "let the proposer answer": "UPDATE approval_requests SET excluded_user_id = NULL",
    "reopen a question": "UPDATE approval_requests SET state = 'open' WHERE state = 'met'",
    "delete a question": "DELETE FROM approval_requests",
    "rewrite an answer": "UPDATE approval_decisions SET verdict = 'approve'",
    "delete an answer": "DELETE FROM approval_decisions",
    "change a key": "UPDATE actor_keys SET public_key = '\\x00'",
    "change a waiting rollback": "UPDATE rollbacks SET new_constitution = convert_to('{}', 'UTF8')",
    "widen a standing authority": "UPDATE standing_authorities SET max_per_week = 1000",
    "give a membership to somebody else": "UPDATE memberships SET user_id = gen_random_uuid()",
    "rewrite the ledger": "UPDATE ledger_entries SET actor_name = 'nobody'",
    "cut the ledger": "DELETE FROM ledger_entries",
    "switch the triggers off": "ALTER TABLE systems DISABLE TRIGGER ALL",
    "take the wall down": "ALTER TABLE systems DISABLE ROW LEVEL SECURITY",
    "become the owner": "SET ROLE tars_owner",
    "replace a trigger's function": (
        "CREATE OR REPLACE FUNCTION tars_system_check() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ),
}


def _desk() -> make.Cast:
    """One applied amendment, one waiting, one authority, one rollback that waits for a second person."""
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=300)
    tightening = make.proposed(
        cast,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    make.approve(cast.ada, tightening)
    make.rolled_back(cast.bo, tightening)
    amendments.grant_authority(
        scope=cast.bo,
        systems=[],
        pointers={"/fallback_delay_ms": 100},
        max_per_week=1,
        expires_at=make.later(60),
        reason="Small steps are safe.",
        at=make.AT,
    )
    make.proposed(cast, fallback_delay_ms=200)
    return cast


@pytest.mark.parametrize("name", REFUSED)
def test_raw_sql__is_refused_and_nothing_changed(name: str) -> None:
    cast = _desk()
    before = facts(cast.tenant.id)
    parameters = {"new": _LOOSE_BYTES.decode(), "digest": digest_bytes(_LOOSE_BYTES)}
    with pytest.raises(DatabaseError) as refusal, in_tenant(cast.tenant.id):
        for statement in REFUSED[name].split("; \n"):
            _execute(statement, parameters)
    assert refusal.value.__cause__.sqlstate in {"42501", "23514", "23505"}, refusal.value  # type: ignore[union-attr]
    assert facts(cast.tenant.id) == before
    demand_whole(cast.tenant.id)


def _execute(statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters if "%(" in statement else None)
        assert cursor.rowcount != 0, "the statement must have met a row to be refused"


# -- what SQL alone cannot tell: the verbs do


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _expansion(cast: make.Cast) -> AmendmentProposal:
    """Needs an operator and a compliance officer."""
    capabilities = [*make.CLAY["capabilities"], "voice-synthesis"]
    return make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=capabilities)


def _row(model: type[Any], **lookup: Any) -> Any:
    return model.objects.get(**lookup)


def _forge_answer(proposal: AmendmentProposal, scope: Scope, key: Ed25519PrivateKey) -> None:
    """An answer in somebody's name, signed with a key of the forger's."""
    request = _row(ApprovalRequest, id=AmendmentProposal.objects.get(id=proposal.id).request_id)
    decision = ApprovalDecision(
        id=new_id(make.AT),
        tenant_id=scope.tenant_id,
        request=request,
        user_id=scope.actor.user_id,
        actor_name=scope.actor.name,
        verdict="approve",
        roles=["compliance_officer", "operator"],
        via="role",
        digest=request.digest,
        confirmed_by="password",
        at=make.AT,
        signer=did_of(key.public_key().public_bytes_raw()),
    )
    decision.statement = statement(decision)
    decision.signature = key.sign(signed_message(decision.statement))
    decision.save(force_insert=True)


def _forge_key(scope: Scope, key: Ed25519PrivateKey) -> None:
    ActorKey.objects.create(
        id=new_id(make.AT),
        tenant_id=scope.tenant_id,
        user_id=scope.actor.user_id,
        name=scope.actor.name,
        public_key=key.public_key().public_bytes_raw(),
        sealed_private_key=os.urandom(120),
        created_at=make.AT,
        retired_at=make.AT,
    )


@pytest.mark.parametrize("with_key", [False, True], ids=["without a key row", "with a key row of its own"])
def test_forged_answer__counts_for_nothing(cast: make.Cast, with_key: bool) -> None:
    proposal, key = _expansion(cast), Ed25519PrivateKey.generate()
    with in_tenant(cast.tenant.id):
        if with_key:
            _forge_key(cast.ada, key)
        _forge_answer(proposal, cast.ada, key)
    assert make.approve(cast.cy, proposal).state == "proposed", "the compliance officer has not answered"
    assert make.constitution_of(cast.bo) == make.CLAY


def test_copied_answer__of_another_question__counts_for_nothing(cast: make.Cast) -> None:
    first, second = _expansion(cast), _expansion(cast)
    make.approve(cast.ada, first)
    with in_tenant(cast.tenant.id):
        request_id = AmendmentProposal.objects.get(id=second.id).request_id
        copy = _row(ApprovalDecision, user_id=cast.ada.actor.user_id)
        copy.id, copy.request_id = new_id(make.AT), request_id
        copy.save(force_insert=True)
    assert make.approve(cast.cy, second).state == "proposed"


def test_question_called_met_without_answers__is_not_taken_for_approved(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with in_tenant(cast.tenant.id):
        run("UPDATE approval_requests SET state = 'met', closed_at = now()")
    with pytest.raises(DatabaseError, match="tars_gated"), in_tenant(cast.tenant.id):
        run("UPDATE amendment_proposals SET state = 'approved'")
    with pytest.raises(AlreadyDecided):
        make.approve(cast.cy, proposal)
    assert make.constitution_of(cast.bo) == make.CLAY


def test_schedule_forged_with_forged_answers__is_not_applied_when_due(cast: make.Cast) -> None:
    proposal, key = make.proposed(cast, effective_at=make.later(5)), Ed25519PrivateKey.generate()
    with in_tenant(cast.tenant.id):
        _forge_key(cast.cy, key)
        _forge_answer(proposal, cast.cy, key)
        run("UPDATE approval_requests SET state = 'met', closed_at = now()")
        run("UPDATE amendment_proposals SET state = 'approved'")
        run("UPDATE amendment_proposals SET state = 'scheduled'")
    with pytest.raises(NotApproved):
        amendments.apply_due(scope=cast.tars, number=proposal.number, at=make.later(6))
    assert make.constitution_of(cast.bo) == make.CLAY
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal", action_name="amendments.apply_due").exists()


def _smuggle(cast: make.Cast, proposal: AmendmentProposal, **changes: Any) -> None:
    """A second revision beside the approved one, with these columns, and the proposal pointing at it."""
    with in_tenant(cast.tenant.id):
        forged = _row(ProposalRevision, proposal_id=proposal.id)
        forged.id, forged.number = new_id(make.AT), 2
        for name, value in changes.items():
            setattr(forged, name, value)
        forged.save(force_insert=True)
        run("UPDATE amendment_proposals SET revision = 2")


LOOSE_CLAY = canonical_bytes({**make.CLAY, "requires_approval": []})
SMUGGLED: dict[str, dict[str, Any]] = {
    "another constitution under the approved digest": {"new_constitution": LOOSE_CLAY},
    "another constitution and its digest": {"new_constitution": LOOSE_CLAY, "new_digest": digest_bytes(LOOSE_CLAY)},
    "a diff that hides it": {"diff": {"covenant": {"old": "", "new": "", "change": ""}}},
    "evidence nobody gave": {"evidence": {"reason": "The board wants it."}},
    "a smaller effect": {"effect": "tightens"},
    "other bound bytes": {"bound": canonical_bytes({"everything": "allowed"})},
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_smuggled_revision__is_not_approved_by_the_honest_officer(cast: make.Cast, name: str) -> None:
    proposal = make.proposed(cast)
    digest = make.digest_of(cast.bo, proposal)
    _smuggle(cast, proposal, **SMUGGLED[name])
    before = facts(cast.tenant.id)
    with pytest.raises(Tampered) as refusal:
        make.approve(cast.cy, proposal, digest=digest)
    assert "nothing was decided" in refusal.value.sentence
    assert facts(cast.tenant.id) == before
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal").exists(), "the attempt is on the ledger"


def _weaker_question(cast: make.Cast, proposal: AmendmentProposal, **changes: Any) -> None:
    with in_tenant(cast.tenant.id):
        request = _row(ApprovalRequest, id=AmendmentProposal.objects.get(id=proposal.id).request_id)
        run("UPDATE approval_requests SET state = 'void' WHERE id = %s", request.id)
        request.id = new_id(make.AT)
        for name, value in changes.items():
            setattr(request, name, value)
        request.save(force_insert=True)
        run("UPDATE amendment_proposals SET request_id = %s WHERE id = %s", request.id, proposal.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"requirements": [{"roles": ["operator"], "count": 1}]},
        {"requirements": [{"roles": ["member", "auditor", "operator"], "count": 1}]},
        {"excluded_user_id": None},
        {"subject_kind": "rollback"},
    ],
    ids=["asks one fewer", "asks anybody", "lets the proposer answer", "is about something else"],
)
def test_weaker_question__is_not_answered(cast: make.Cast, changes: dict[str, Any]) -> None:
    proposal = _expansion(cast)
    _weaker_question(cast, proposal, **changes)
    for scope in (cast.cy, cast.ada, cast.bo):
        with pytest.raises(DomainError):
            make.approve(scope, proposal)
    assert make.constitution_of(cast.bo) == make.CLAY


def test_waiting_rollback__replaced_by_a_forged_one__is_not_confirmed(cast: make.Cast) -> None:
    tightening = make.proposed(
        cast,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    make.approve(cast.ada, tightening)
    waiting = make.rolled_back(cast.bo, tightening)
    assert waiting.state == "waiting"
    with in_tenant(cast.tenant.id):
        run("UPDATE rollbacks SET state = 'void'")
        waiting.refresh_from_db()
        waiting.id, waiting.state, waiting.new_constitution = new_id(make.AT), "waiting", LOOSE_CLAY
        waiting.new_digest = digest_bytes(LOOSE_CLAY)
        waiting.save(force_insert=True)
    with pytest.raises(Tampered):
        amendments.approve_roll_back(
            scope=cast.cy,
            number=tightening.number,
            digest=waiting.digest,
            confirmation=make.confirmed(cast.cy, at=make.AT),
            at=make.AT,
        )
    assert "delete" in make.constitution_of(cast.bo)["requires_approval"]


def test_whole_forgery__as_the_application_role__is_named_by_the_verifier(cast: make.Cast) -> None:
    """Everything a forger can write, coherent in every column; only the signature is not Cy's."""
    proposal, key = make.proposed(cast), Ed25519PrivateKey.generate()
    with in_tenant(cast.tenant.id):
        _forge_key(cast.cy, key)
        _forge_answer(proposal, cast.cy, key)
        run("UPDATE approval_requests SET state = 'met', closed_at = now()")
        run("UPDATE amendment_proposals SET state = 'approved'")
        new = {**make.CLAY, "fallback_delay_ms": 200}
        data = canonical_bytes(new)
        _execute(_AMEND + _VERSION, {"new": data.decode(), "digest": digest_bytes(data)})
        run(
            "UPDATE systems SET constitution = %s::jsonb, constitution_version = 2",
            json.dumps(new),
        )
    with in_tenant(cast.tenant.id):
        report = verify(stream(cast.tenant.id))
    assert not report.is_verified
    assert any(f"AMD-{proposal.number}" in str(finding) for finding in report.findings), report.findings


def test_honest_history__is_verified(cast: make.Cast) -> None:
    _desk()
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=300))
    with in_tenant(cast.tenant.id):
        assert verify(stream(cast.tenant.id)).is_verified
