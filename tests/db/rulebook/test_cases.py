"""Saved cases: kept once, run under the law in force, retired; seen by whoever approves a change that breaks them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments.errors import CasesBroken
from governance.amendments.queries import amendment_page
from governance.amendments.queries.replaying import replay_page
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.policy.verdict import Outcome
from governance.rulebook.actions.cases import BadCase, CaseExists, CaseRetired, retire_case, save_case
from governance.rulebook.actions.deciding import decide_many
from governance.rulebook.models import PolicyCase
from governance.rulebook.queries.cases import found_case
from governance.rulebook.queries.running import run_cases
from governance.rulebook.question import Question
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once

AT = make.AT


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def saved(cast: make.Cast, **other: Any) -> PolicyCase:
    wish: dict[str, Any] = {
        "scope": cast.bo,
        "name": "Payroll is permitted",
        "system_name": "clay-consigliere",
        "action": "payroll",
        "facts": {},
        "expected": Outcome.PERMIT,
        "at": AT,
    }
    return save_case(**{**wish, **other})


def test_save_case__is_kept_run_and_on_the_ledger(cast: make.Cast) -> None:
    case = saved(cast)
    with in_tenant(cast.tenant.id):
        (run,) = run_cases(scope=cast.uma, at=AT).runs
        entry = LedgerEntry.objects.get(action_name="rulebook.save_case")
    assert run.case.id == case.id and run.is_pass, run.failed_because
    assert entry.subject == "Payroll is permitted"


def test_run_cases__another_outcome_or_another_reason_fails_and_says_so(cast: make.Cast) -> None:
    saved(cast, name="one", expected=Outcome.DENY)
    saved(cast, name="two", expected_rules=["gov.md/none"])
    with in_tenant(cast.tenant.id):
        one, two = run_cases(scope=cast.uma, at=AT).runs
    assert one.failed_because == "Expected denied, but it is permitted."
    assert "gov.md/none is no reason of it" in two.failed_because


def test_run_cases__queries_do_not_grow_with_the_cases(cast: make.Cast) -> None:
    saved(cast)
    counts = []
    for names in ((), ("b", "c", "d")):
        for name in names:
            saved(cast, name=name)
        with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as found:
            run_cases(scope=cast.uma, at=AT)
        counts.append(len(found))
    assert counts[0] >= counts[1]


def test_save_case__a_second_time_and_two_at_once__once(cast: make.Cast) -> None:
    told = at_once([lambda: saved(cast), lambda: saved(cast)])
    assert sum(isinstance(one.result, PolicyCase) for one in told) == 1
    assert sum(isinstance(one.refusal, CaseExists) for one in told) == 1
    with pytest.raises(CaseExists, match="Retire it first"):
        saved(cast)


@pytest.mark.parametrize("wrong", [{"name": " "}, {"action": ""}, {"facts": []}, {"name": "x" * 121}])
def test_save_case__without_what_it_needs__refused(cast: make.Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadCase):
        saved(cast, **wrong)


def test_save_case__auditor_stranger_and_no_such_system__refused(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        saved(cast, scope=cast.uma)
    with pytest.raises(NotFound):
        saved(cast, scope=make.stranger())
    with pytest.raises(NotFound):
        saved(cast, system_name="nobody")


def test_retire_case__stops_it_once__its_name_is_free_and_a_stranger_finds_nothing(cast: make.Cast) -> None:
    case = saved(cast)
    with pytest.raises(NotFound):
        retire_case(scope=make.stranger(), case_id=case.id, at=AT)
    with pytest.raises(NotAllowed):
        retire_case(scope=cast.uma, case_id=case.id, at=AT)
    retire_case(scope=cast.ada, case_id=case.id, why="It was wrong.", at=AT)
    with pytest.raises(CaseRetired):
        retire_case(scope=cast.ada, case_id=case.id, at=AT)
    saved(cast)
    with in_tenant(cast.tenant.id):
        assert len(run_cases(scope=cast.uma, at=AT).runs) == 1
        assert found_case(scope=cast.uma, case_id=case.id).retired_at == AT


def test_amendment__that_breaks_a_case__is_shown_and_needs_a_note(cast: make.Cast) -> None:
    saved(cast)
    proposal = make.proposed(cast, capabilities=["compliance", "pdf-processing"])
    with in_tenant(cast.tenant.id):
        page = amendment_page(scope=cast.ada, number=proposal.number, at=AT)
    assert page.rules is not None and page.rules.cases.sentence == "Cases: 0 pass, 1 would change."
    with pytest.raises(CasesBroken, match="Payroll is permitted"):
        make.approve(cast.cy, proposal)
    make.approve(cast.cy, proposal, note="Payroll moves to another agent.")


def test_amendment__that_changes_no_rules__runs_no_case(cast: make.Cast) -> None:
    saved(cast)
    proposal = make.proposed(cast, fallback_delay_ms=250)
    with in_tenant(cast.tenant.id):
        assert amendment_page(scope=cast.ada, number=proposal.number, at=AT).rules is None


def test_replay__coverage_and_counts_of_what_was_decided__the_same_each_time(cast: make.Cast) -> None:
    questions = [Question("clay-consigliere", action, {}) for action in ("payroll", "compliance", "payroll")]
    decide_many(scope=cast.bo, questions=questions, at=AT)
    proposal = make.proposed(cast, capabilities=["compliance", "pdf-processing"])
    later = AT + timedelta(hours=1)
    with in_tenant(cast.tenant.id):
        found = [replay_page(scope=cast.uma, number=proposal.number, at=later).replay for _ in range(2)]
    assert found[0] is not None and found[1] is not None
    assert found[0].as_json() == found[1].as_json()
    assert (found[0].total, found[0].stays, found[0].changes) == (3, 1, 2), found[0].coverage
    assert found[0].sentence == "Of 3 decisions 1 stay; 2 permitted → denied."
    stranger = make.stranger()
    with pytest.raises(NotFound), in_tenant(stranger.tenant_id):
        replay_page(scope=stranger, number=proposal.number, at=later)
