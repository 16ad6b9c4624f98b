"""Calling off, rating, disputing."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.tenancy import in_tenant
from routing.connectors.contract import Call, OnProgress
from routing.executions import afterwards
from routing.executions.afterwards import TooLate
from routing.executions.models import DueRequest
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")
AT = make.later(30)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_cancel__before_the_call__nobody_is_called(cast: make.Cast) -> None:
    agent = desk.agent(cast, "payroll")
    request = desk.asked(cast.mel, system="payroll")
    afterwards.cancel(scope=cast.mel, request_id=request.id, at=AT)
    done = desk.execution(cast.mel, desk.worked(cast.mel, request).id)
    assert (done.status, agent.calls) == ("failed", [])
    with in_tenant(cast.tenant.id):
        assert not DueRequest.objects.filter(id=request.id).exists()
    with pytest.raises(TooLate):
        afterwards.cancel(scope=cast.mel, request_id=request.id, at=AT)


def test_cancel__while_the_agent_works__ends_at_its_next_word(cast: make.Cast) -> None:
    def answer(call: Call, told: OnProgress) -> Any:
        told(50, "Half way.")
        return {}

    desk.agent(cast, "payroll", answer)
    request = desk.asked(cast.mel, system="payroll")
    with in_tenant(cast.tenant.id):
        type(request).objects.filter(id=request.id).update(is_cancel_wanted=True)
    done = desk.execution(cast.mel, desk.worked(cast.mel, request).id)
    assert done.status == "failed" and "Nobody knows" in (done.error_message or "")


def test_cancel__by_a_colleague_without_the_role__is_refused(cast: make.Cast) -> None:
    request = desk.asked(cast.bo, system="")
    with pytest.raises(NotAllowed):
        afterwards.cancel(scope=cast.mel, request_id=request.id, at=AT)
    with pytest.raises(NotFound):
        afterwards.cancel(scope=make.stranger(), request_id=request.id, at=AT)


def test_rate__may_be_said_anew__only_1_to_5__only_by_who_asked(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    id = desk.done(cast.mel, system="payroll").id
    afterwards.rate(scope=cast.mel, execution_id=id, stars=2, words="Slow.", at=AT)
    afterwards.rate(scope=cast.mel, execution_id=id, stars=4, at=AT)
    found = desk.execution(cast.mel, id)
    assert (found.user_satisfaction, found.user_feedback) == (4, None)
    with pytest.raises(Invalid):
        afterwards.rate(scope=cast.mel, execution_id=id, stars=6, at=AT)
    with pytest.raises(NotAllowed):
        afterwards.rate(scope=cast.ada, execution_id=id, stars=1, at=AT)


def test_dispute__stands_once_with_its_words(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    id = desk.done(cast.mel, system="payroll").id
    with pytest.raises(Invalid):
        afterwards.dispute(scope=cast.mel, execution_id=id, words=" ", at=AT)
    afterwards.dispute(scope=cast.mel, execution_id=id, words="It paid the wrong month.", at=AT)
    assert desk.execution(cast.mel, id).dispute == "It paid the wrong month."
    with pytest.raises(TooLate):
        afterwards.dispute(scope=cast.mel, execution_id=id, words="Again.", at=AT)
