"""A request is taken on once, whatever happens around it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from governance.tokens.queries import scope_of_token
from routing.executions.actions import GoesInCircles, KeyTaken, NotWorking, handle
from routing.executions.asked import MOST_HOPS, TEXT_LENGTH, TooDeep
from routing.executions.models import DueRequest, ExecutionRequest
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.amendments.desk import at_once

pytestmark = pytest.mark.usefixtures("database")


def asked(scope: Scope, **options: Any) -> ExecutionRequest:
    return handle(scope=scope, at=make.AT, **{"text": "Audit payroll compliance", **options})


def agent(cast: make.Cast, name: str = "clay-consigliere") -> Scope:
    held = [Capability.REQUEST]
    issued = issue_token(scope=cast.bo, name="CI", scopes=held, days=30, system_name=name, at=make.AT)
    return scope_of_token(issued.secret, make.AT)


def working(cast: make.Cast, **changes: Any) -> ExecutionRequest:
    """A request that clay-consigliere is at work on."""
    request = asked(cast.mel)
    with in_tenant(cast.tenant.id):
        values = {"stage": Stage.CALLING.value, "system_id": cast.system.id, "routing_path": [cast.system.id]}
        ExecutionRequest.objects.filter(id=request.id).update(**{**values, **changes})
    return request


def rows(cast: make.Cast) -> list[ExecutionRequest]:
    with in_tenant(cast.tenant.id):
        return list(ExecutionRequest.objects.filter(tenant_id=cast.tenant.id))


def test_handle__is_kept_as_it_was_asked_and_due_at_once() -> None:
    cast = make.cast()
    request = asked(cast.mel, input={"month": "2026-01"}, session="night", key="k1")
    assert request.user_request == "Audit payroll compliance" and request.input_data == {"month": "2026-01"}
    assert request.requested_by == cast.mel.actor.name and request.accountable_id == cast.mel.actor.user_id
    with in_tenant(cast.tenant.id):
        assert DueRequest.objects.get(id=request.id).due_at == make.AT


def test_handle__the_same_key_again__gives_the_same_request() -> None:
    cast = make.cast()
    assert asked(cast.mel, key="k1").id == asked(cast.mel, key="k1").id
    assert len(rows(cast)) == 1


def test_handle__another_body_under_the_key__refused() -> None:
    cast = make.cast()
    asked(cast.mel, key="k1")
    for other in ({"text": "Something else"}, {"input": 1}, {"system": "clay-consigliere"}, {"session": "night"}):
        with pytest.raises(KeyTaken):
            asked(cast.mel, key="k1", **other)


def test_handle__another_person_s_key__is_another_key() -> None:
    cast = make.cast()
    assert asked(cast.mel, key="k1").id != asked(cast.bo, key="k1").id


def test_handle__without_a_key__twice_is_two() -> None:
    cast = make.cast()
    assert asked(cast.mel).id != asked(cast.mel).id


def test_handle__one_key_fifty_times_at_once__is_one_request() -> None:
    cast = make.cast()
    told = at_once([partial(asked, cast.mel, key="k1")] * 50)
    assert {one.result.id for one in told} == {row.id for row in rows(cast)} and len(rows(cast)) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"text": "  "},
        {"text": "x" * (TEXT_LENGTH + 1)},
        {"text": "nothing\x00here"},
        {"key": "k" * 201},
        {"input": "x" * 300_000},
        {"input": 2**53},
        {"input": float("nan")},
    ],
    ids=["blank", "long", "U+0000", "long key", "large input", "large number", "no number"],
)
def test_handle__out_of_bounds__refused_and_nothing_is_kept(options: dict[str, Any]) -> None:
    cast = make.cast()
    with pytest.raises(Invalid):
        asked(cast.mel, **options)
    assert rows(cast) == []


def test_handle__unknown_system__refused() -> None:
    with pytest.raises(NotFound, match="no system nobody"):
        asked(make.cast().mel, system="nobody")


def test_handle__system_of_another_tenant__is_unknown() -> None:
    make.cast()
    with pytest.raises(NotFound):
        asked(make.stranger(), system="clay-consigliere")


def test_handle__auditor__refused() -> None:
    with pytest.raises(NotAllowed, match="to hand in a request"):
        asked(make.cast().uma)


def test_hop__of_the_system_at_work__goes_one_deeper_and_the_same_person_answers_for_it() -> None:
    cast = make.cast()
    parent = working(cast)
    hop = asked(agent(cast), parent_id=parent.id)
    assert hop.depth == 1 and hop.parent_id == parent.id and hop.routing_path == [cast.system.id]
    assert hop.accountable_id == cast.mel.actor.user_id


def test_hop__back_to_a_system_on_its_way__refused() -> None:
    cast = make.cast()
    with pytest.raises(GoesInCircles, match="clay-consigliere is at work on this already"):
        asked(agent(cast), parent_id=working(cast).id, system="clay-consigliere")


def test_hop__too_deep__refused() -> None:
    cast = make.cast()
    parent = working(cast)
    for depth in range(1, MOST_HOPS + 1):
        hop = asked(agent(cast), parent_id=parent.id, text=f"Part {depth}")
        with in_tenant(cast.tenant.id):
            ExecutionRequest.objects.filter(id=hop.id).update(stage=Stage.CALLING.value, system_id=cast.system.id)
        parent = hop
    with pytest.raises(TooDeep):
        asked(agent(cast), parent_id=parent.id)


def test_hop__of_a_request_that_is_not_called__refused() -> None:
    cast = make.cast()
    with pytest.raises(NotWorking):
        asked(agent(cast), parent_id=working(cast, stage=Stage.READY.value).id)


def test_hop__by_a_person__refused() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed, match="Only the system"):
        asked(cast.bo, parent_id=working(cast).id)


def test_hop__of_another_tenant_s_request_or_of_none__is_not_found() -> None:
    cast, other = make.cast(), make.cast()
    for id in (working(other).id, uuid4()):
        with pytest.raises(NotFound):
            asked(agent(cast), parent_id=id)
