"""What did not go well is asked again another way; what was handed on is a tree."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from governance.estop.actions import stop
from governance.scope import Actor, ActorKind, Capability, Scope, agent_name
from routing.connectors.contract import Reply
from routing.executions.actions import handle
from routing.executions.models import ExecutionRequest
from tests import factories as make
from tests.db.routing.executions import desk
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def body(scope: Scope, id: Any) -> str:
    response = client_of(scope).get(f"/executions/{id}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_poor_stars__another_who_could_do_it_is_chosen_for_the_next_time(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    desk.agent(cast, "payroll-two")
    desk.router.written(cast.bo, "Run payroll", "payroll", "payroll-two")
    desk.router.embedded(cast)
    done = desk.done(cast.mel, "Run payroll")
    page = body(cast.mel, done.id)
    assert "better asked elsewhere" not in page
    client_of(cast.mel).post(f"/executions/{done.id}/rate/", {"stars": "1", "words": "Wrong month."})
    page = body(cast.mel, done.id)
    other = "payroll-two"
    assert "better asked elsewhere" in page
    assert re.search(rf'<option value="{other}"\s+selected>', page)
    answer = client_of(cast.mel).post(
        f"/executions/{done.id}/again/", {"text": "Run payroll", "system": other, "key": "one"}
    )
    assert desk.now(cast.mel, UUID(answer["Location"].split("/")[2])).wanted_system == other
    client_of(cast.mel).post(f"/executions/{done.id}/rate/", {"stars": "5"})
    assert "better asked elsewhere" not in body(cast.mel, done.id)


def test_named_in_vain__the_next_step_is_said__and_whoever_fits_best_is_chosen(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    stop(scope=cast.bo, system_name="payroll", reason="It pays twice.", at=make.later(3))
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    page = body(cast.mel, done.id)
    assert "payroll was named and cannot get it" in page and "Whoever fits best is chosen below" in page
    assert not re.search(r'<option value="payroll"\s+selected>', page)
    assert "Meant for" in page and "Served by" not in page


def test_out_of_scope__the_next_step_is_said(cast: make.Cast) -> None:
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Bake a cake with three layers")
    assert "Say it in other words, or choose who must do it." in body(cast.mel, done.id)


def test_suggestions__shown__and_ticked_ones_go_along(cast: make.Cast) -> None:
    desk.agent(
        cast, "payroll", lambda call, told: Reply(output="Half.", is_partial=True, suggestions=("Name the month.",))
    )
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    page = body(cast.mel, done.id)
    assert "Partly done" in page and page.count("Name the month.") >= 2
    answer = client_of(cast.mel).post(
        f"/executions/{done.id}/again/", {"text": "Run payroll", "suggestion": ["Name the month.", "forged"]}
    )
    new = desk.now(cast.mel, UUID(answer["Location"].split("/")[2]))
    assert new.user_request == "Run payroll\n\nName the month."


def test_parts__a_tree_with_links_both_ways(cast: make.Cast) -> None:
    ids: list[UUID] = []

    def hands_on(call: Any, told: Any) -> Any:
        agent = Scope(
            tenant_id=cast.tenant.id,
            actor=Actor(
                kind=ActorKind.SYSTEM,
                name=agent_name("payroll"),
                user_id=desk.system(cast.bo, "payroll").id,
                sponsor_id=cast.bo.actor.user_id,
            ),
            roles=frozenset(),
            grants=frozenset({Capability.REQUEST}),
        )
        part: ExecutionRequest = handle(
            scope=agent, text="Look the rule up", system="memory", parent_id=UUID(call.execution_id), at=make.later(6)
        )
        ids.append(part.id)
        desk.worked(cast.bo, part, at=make.later(7))
        return "Done."

    desk.agent(cast, "payroll", hands_on)
    desk.agent(cast, "memory")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    (part,) = ids
    for scope, id, other in ((cast.mel, done.id, part), (cast.mel, part, done.id), (cast.uma, part, done.id)):
        page = body(scope, id)
        assert "Handed on" in page and f'href="/executions/{other}/"' in page and "this one" in page
