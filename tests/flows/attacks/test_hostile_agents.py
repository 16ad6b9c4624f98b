"""What an agent answers, tells and fails with is shown as text, on every page that shows its work."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.budgets.actions import ask_top_up
from routing.connectors.contract import Call, OnProgress, Reply, ToolCall
from tests import factories as make
from tests.db.budgets.money import planned, row
from tests.db.routing.executions import desk
from tests.flows.attacks.test_planted_scripts import PLANTED, looked_at, texts
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")
WORDS = " ".join(PLANTED)


def _answer(call: Call, told: OnProgress) -> Reply:
    told(10**6, WORDS)
    if call.system == "fails":
        return Reply(is_error=True, error=WORDS)
    calls = tuple(ToolCall(one[:200], one[:200], is_success=False, error=one, input={one: one}) for one in texts()[:3])
    return Reply(output={one: [one] for one in PLANTED}, is_partial=True, tool_calls=calls, suggestions=tuple(PLANTED))


def test_pages__of_work__show_what_an_agent_says_as_text() -> None:
    cast = make.cast()
    planned(cast)
    ask_top_up(scope=cast.bo, resource_id=row(cast).id, amount=Decimal(1), reason=WORDS[:480], at=make.later(1))
    for name in ("payroll", "fails"):
        desk.agent(cast, name, _answer, keeps_arguments=True)
    desk.router.written(cast.bo, WORDS[:400], "payroll", "fails")
    ids = [desk.done(cast.mel, WORDS, system=name, input={"words": WORDS}).id for name in ("payroll", "fails")]
    client = client_of(cast.bo)
    addresses = ["/executions/", "/budgets/", "/routing/", "/connectors/payroll/", "/systems/payroll/", "/inbox/"]
    addresses += [f"/executions/{id}/" for id in ids] + [f"/telemetry/?execution={ids[0]}"]
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        assert looked_at(page.content.decode()).faults == [], address
    assert "&lt;planted-a" in client.get(f"/executions/{ids[0]}/").content.decode()
    assert "&lt;planted-a" in client.get(f"/executions/{ids[1]}/").content.decode()
