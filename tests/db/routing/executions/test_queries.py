"""What lists and pages read, and a receipt that is judged from its file alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governance.errors import NotFound
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.executions import queries
from routing.executions.proof import judged
from routing.executions.queries import Filter, Line
from routing.executions.sealing import seal_receipts
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def lines(scope: Scope, **filter: Any) -> list[Line]:
    with in_tenant(scope.tenant_id):
        return queries.lines_of(queries.executions(scope=scope, filter=Filter(**filter))[:50])


def test_list__shows_what_is_under_way_and_what_is_done(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    desk.done(cast.mel, "Run payroll", system="payroll")
    desk.asked(cast.mel, "Audit it", system="payroll", at=make.later(5))
    found = lines(cast.bo)
    assert [(one.request, one.stage, one.status) for one in found] == [
        ("Audit it", "received", ""),
        ("Run payroll", "done", "success"),
    ]
    assert len(lines(cast.bo, state="success")) == len(lines(cast.bo, state="received")) == 1
    assert len(lines(cast.bo, system="payroll", text="run")) == 1


def test_member__sees_what_they_asked_for__a_stranger_nothing(cast: make.Cast) -> None:
    mine, theirs = desk.asked(cast.mel, "Mine"), desk.asked(cast.bo, "Theirs")
    assert [one.id for one in lines(cast.mel)] == [mine.id]
    assert lines(make.stranger()) == []
    with in_tenant(cast.tenant.id), pytest.raises(NotFound):
        queries.execution(scope=cast.mel, id=theirs.id)


def test_execution__tells_everything_of_what_is_done(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    with in_tenant(cast.tenant.id):
        whole = queries.execution(scope=cast.mel, id=done.id)
    assert (whole.output, whole.line.status, whole.digest) == ({"done": "payroll"}, "success", "")
    assert [step["step"] for step in whole.steps][-1] == "receipt"


def test_receipt__judged_from_its_file__before_and_after_it_is_anchored(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    assert judged(_document(cast.mel, done.id)).ledger_sequence is None
    seal_receipts(scope=cast.tars, at=make.later(30))
    document = _document(cast.mel, done.id)
    finding = judged(document)
    assert finding.is_genuine and finding.ledger_sequence and finding.statement["status"] == "success"
    other = document["statement"].replace('"success"', '"failed"')
    for wrong in (
        {"statement": other},
        {"signature": "00" * 64},
        {"digest": "sha256:" + "0" * 64},
        {"anchor": {**document["anchor"], "root": "00" * 32}},
    ):
        found = judged({**document, **wrong})
        assert found.faults and not found.establishes


@pytest.mark.parametrize("document", [None, [], {}, {"statement": "{}"}, {"statement": 1}, {"statement": "[]"}])
def test_file__that_is_no_receipt__says_so(document: Any) -> None:
    assert judged(document).faults


def _document(scope: Scope, id: Any) -> dict[str, Any]:
    with in_tenant(scope.tenant_id):
        found: dict[str, Any] = json.loads(json.dumps(queries.receipt(scope=scope, id=id).as_json()))
    return found
