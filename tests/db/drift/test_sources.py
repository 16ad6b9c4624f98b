"""What the product records is what drift reads: in order, once, and of the right system."""

from __future__ import annotations

import pytest

from governance.drift.sources import Batch
from governance.estop import actions as stops
from governance.rulebook import drifting as verdicts
from governance.rulebook.actions import decide
from governance.rulebook.actions.sealing import seal_due
from governance.tenancy import in_tenant
from routing.executions import afterwards, approving, drifting
from tests import factories as make
from tests.db.routing.executions import desk
from tests.db.routing.learning import desk as learning

pytestmark = pytest.mark.usefixtures("database")
LATER = make.later(60)


def read(cast: make.Cast, source: object, after: str = "", limit: int = 100) -> Batch:
    with in_tenant(cast.tenant.id):
        return source(tenant_id=cast.tenant.id, after=after, limit=limit, at=LATER)  # type: ignore[operator]


def test_verdicts__denials_did_not_comply__and_what_tars_held_back_does_not_count() -> None:
    cast = make.cast()

    def ask(action: str) -> None:
        decide(scope=cast.bo, system_name=cast.system.name, action=action, facts={}, at=make.AT)

    ask("payroll"), ask("launch_rocket"), ask("audit")
    seal_due(scope=cast.tars, at=make.later(1))
    found = read(cast, verdicts.read)
    assert sorted(found.numbers[cast.system.id, "compliance"]) == [0.0, 1.0, 1.0]
    stops.stop(scope=cast.sam, system_name=None, reason="Fire drill", at=make.later(2))
    ask("payroll")
    seal_due(scope=cast.tars, at=make.later(3))
    again = read(cast, verdicts.read, found.after)
    assert again.numbers == {} and again.after != found.after
    assert read(cast, verdicts.read, again.after).after == again.after


def test_executions__in_pieces__are_all_there_once() -> None:
    cast = learning.cast()
    learning.done(cast.tars, learning.texts(7))
    learning.done(cast.tars, learning.texts(2), status="failed", at=make.later(9))
    after, values, vectors = "", [], 0
    while True:
        found = read(cast, drifting.executions, after, limit=4)
        values += [one for (_, metric), got in found.numbers.items() if metric == "success" for one in got]
        vectors += sum(map(len, found.vectors.values()))
        after = found.after
        if not found.is_more:
            break
    assert (values, vectors) == ([1.0] * 7 + [0.0] * 2, 9)


def test_stars_and_approvals__of_the_system_that_was_asked() -> None:
    cast = make.cast()
    desk.agent(cast, "payroll", approvals=("audit",))
    request = desk.worked(cast.mel, desk.asked(cast.mel, "Audit payroll compliance", system="payroll"))
    at = make.later(6)
    known = {"scope": cast.bo, "request_id": request.id, "confirmation": make.confirmed(cast.bo, at=at), "at": at}
    approving.approve(**known, digest=desk.question(cast.bo, request).digest)
    desk.worked(cast.mel, request, at=make.later(7))
    afterwards.rate(scope=cast.mel, execution_id=request.id, stars=4, at=make.later(8))
    (approval,) = read(cast, drifting.approvals).numbers.items()
    (stars,) = read(cast, drifting.stars).numbers.items()
    assert approval[0][1] == "approval" and approval[1] == [1.0]
    assert stars[0] == (approval[0][0], "stars") and stars[1] == [4.0]
    for source in (drifting.approvals, drifting.stars):
        found = read(cast, source)
        assert read(cast, source, found.after).numbers == {}
        assert read(make.cast(), source).numbers == {}
