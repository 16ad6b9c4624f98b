"""The one road to a verdict: who may ask, what is kept, what the ledger says, what fails closed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from governance import canonical
from governance.drift import actions as drift
from governance.errors import DomainError, NotAllowed, NotFound
from governance.estop import actions as estop
from governance.ledger.models import LedgerEntry
from governance.policy.verdict import Outcome
from governance.rulebook import queries
from governance.rulebook.actions import Decided, decide, decide_here, decide_many, seal_due
from governance.rulebook.models import StoredVerdict
from governance.rulebook.question import Question, ReservedFact
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from tests import factories as make


def entries(cast: make.Cast) -> list[LedgerEntry]:
    with in_tenant(cast.tenant.id):
        return list(LedgerEntry.objects.filter(event_type="verdict").order_by("sequence"))


def kept(cast: make.Cast) -> list[StoredVerdict]:
    with in_tenant(cast.tenant.id):
        return list(StoredVerdict.objects.order_by("at", "id"))


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def ask(cast: make.Cast, action: str, *, scope: Any = None, **facts: Any) -> Decided:
    return decide(scope=scope or cast.bo, system_name=cast.system.name, action=action, facts=facts, at=make.AT)


def test_decide__nothing_permits_it__denied_and_on_the_ledger(cast: make.Cast) -> None:
    decided = ask(cast, "launch_rocket")
    assert decided.verdict.outcome is Outcome.DENY
    assert "no rule permits" in decided.verdict.sentence
    (row,), (entry,) = kept(cast), entries(cast)
    assert row.id == decided.id and row.digest == decided.digest and row.sealed_in == entry.sequence
    assert entry.subject == cast.system.name


def test_decide__a_capability__permitted_and_sealed_later(cast: make.Cast) -> None:
    decided = ask(cast, "payroll")
    assert decided.verdict.outcome is Outcome.PERMIT
    assert entries(cast) == [] and kept(cast)[0].sealed_in is None
    assert seal_due(scope=tars_scope(cast.tenant.id), at=make.AT) == 1
    assert seal_due(scope=tars_scope(cast.tenant.id), at=make.AT) == 0
    assert kept(cast)[0].sealed_in == entries(cast)[0].sequence


def test_decide__listed_in_requires_approval__approval_required(cast: make.Cast) -> None:
    decided = ask(cast, "upload_payroll_entries")
    assert decided.verdict.outcome is Outcome.REQUIRE_APPROVAL
    assert entries(cast)[0].action_name == "policy.decide"


def test_decide__stopped__denied_for_that_reason(cast: make.Cast) -> None:
    estop.stop(scope=cast.bo, system_name=None, reason="Fire drill", at=make.AT)
    decided = ask(cast, "payroll")
    assert decided.verdict.outcome is Outcome.DENY
    assert decided.verdict.because[0].weight == 950


def test_decide__on_hold__asks__and_degraded__only_reads(cast: make.Cast) -> None:
    drift.set_state(scope=cast.bo, system_name=cast.system.name, state="HOLD", reason="Odd figures", at=make.AT)
    assert ask(cast, "payroll").verdict.outcome is Outcome.REQUIRE_APPROVAL
    drift.set_state(scope=cast.bo, system_name=cast.system.name, state="DEGRADED", reason="Worse", at=make.later(1))
    assert ask(cast, "payroll").verdict.outcome is Outcome.DENY


@pytest.mark.parametrize("name", ["approved", "estop", "drift", "safety", "session", "system", "actor", "asset"])
def test_decide__a_fact_that_only_tars_states__refused(cast: make.Cast, name: str) -> None:
    with pytest.raises(ReservedFact, match="only TARS"):
        ask(cast, "payroll", **{name: {"x": True}})
    assert kept(cast) == []


def test_decide__unknown_system__denied_with_the_reason(cast: make.Cast) -> None:
    decided = decide(scope=cast.bo, system_name="nobody", action="payroll", facts={}, at=make.AT)
    assert decided.verdict.outcome is Outcome.DENY and decided.id is None
    assert "no system called nobody" in decided.verdict.sentence


def test_decide__stranger__sees_no_such_system(cast: make.Cast) -> None:
    decided = decide(scope=make.stranger(), system_name=cast.system.name, action="payroll", facts={}, at=make.AT)
    assert decided.verdict.outcome is Outcome.DENY and decided.id is None
    assert kept(cast) == []


def test_decide__an_auditor__is_refused(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        ask(cast, "payroll", scope=cast.uma)


def test_decide__twice__the_same_answer_bytes(cast: make.Cast) -> None:
    ask(cast, "upload_payroll_entries", amount=3, note="x")
    ask(cast, "upload_payroll_entries", note="x", amount=3)
    one, two = kept(cast)
    assert bytes(one.answer) == bytes(two.answer) and bytes(one.question) == bytes(two.question)


def test_decide__stored_question_asked_again__the_same_bytes(cast: make.Cast) -> None:
    ask(cast, "upload_payroll_entries", amount=3)
    row = kept(cast)[0]
    question = canonical.loads_canonical(bytes(row.question))
    with in_tenant(cast.tenant.id):
        again = queries.preview(
            scope=cast.bo,
            system_name=question["system"],
            action=question["action"],
            facts=question["facts"],
            at=make.AT,
        )
    assert canonical.canonical_bytes(again.as_json()) == bytes(row.answer)


def test_decide_many__one_entry__errors_in_their_place(cast: make.Cast) -> None:
    name = cast.system.name
    asked = [Question(name, "payroll"), Question(name, "payroll", {"estop": True}), Question(name, "launch_rocket")]
    found = decide_many(scope=cast.bo, questions=asked, at=make.AT)
    assert isinstance(found[0], Decided) and found[0].verdict.outcome is Outcome.PERMIT
    assert isinstance(found[1], DomainError)
    assert isinstance(found[2], Decided) and found[2].verdict.outcome is Outcome.DENY
    (entry,) = entries(cast)
    assert {row.sealed_in for row in kept(cast)} == {entry.sequence}


def test_decide__after_a_change__the_very_next_answer_knows(cast: make.Cast) -> None:
    assert ask(cast, "delete").verdict.outcome is Outcome.DENY
    document = dict(cast.system.constitution)
    wider = [*document.get("capabilities", []), "delete"]
    proposal = make.proposed(cast, capabilities=wider)
    make.approve(cast.cy, proposal)
    make.approve(cast.ada, proposal)
    assert ask(cast, "delete").verdict.outcome is Outcome.PERMIT


def test_decide__two_at_once__both_kept_and_the_chain_is_whole(cast: make.Cast) -> None:
    gate, found = threading.Barrier(2), []

    def one() -> None:
        from django.db import connection

        gate.wait()
        try:
            found.append(ask(cast, "launch_rocket"))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and len({one.ledger_sequence for one in found}) == 2


def test_preview__stores_nothing__and_a_stranger_finds_nothing(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        verdict = queries.preview(
            scope=cast.cy, system_name=cast.system.name, action="payroll", facts={}, at=make.AT + timedelta(days=1)
        )
    assert verdict.outcome is Outcome.PERMIT and kept(cast) == []
    stranger = make.stranger()
    with in_tenant(stranger.tenant_id), pytest.raises(NotFound):
        queries.preview(scope=stranger, system_name=cast.system.name, action="payroll", facts={}, at=make.AT)


def test_decide_here__goes_with_the_verb_that_asked(cast: make.Cast) -> None:
    question = Question(cast.system.name, "launch_rocket")
    with pytest.raises(RuntimeError), in_tenant(cast.tenant.id):
        decide_here(scope=cast.tars, asker=cast.mel.actor, question=question, verb="executions.decide", at=make.AT)
        raise RuntimeError("the verb broke off")
    assert kept(cast) == [] and entries(cast) == []
    with in_tenant(cast.tenant.id):
        decided = decide_here(
            scope=cast.tars, asker=cast.mel.actor, question=question, verb="executions.decide", at=make.AT
        )
    (row,), (entry,) = kept(cast), entries(cast)
    assert row.id == decided.id and row.sealed_in == entry.sequence
    assert entry.action_name == "executions.decide"
    assert row.asked_by == cast.mel.actor.name and entry.actor_name == cast.tars.actor.name
