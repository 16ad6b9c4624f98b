"""Who should have got it: said by people, counted by learning."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.registry.models import Status
from governance.tenancy import in_tenant
from routing.executions import queries
from routing.executions.correcting import correct
from routing.executions.models import Correction
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.router import desk as router
from tests.db.routing.executions import desk
from tests.db.routing.learning import desk as learning

pytestmark = pytest.mark.usefixtures("database")
AT = make.later(30)


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.agent(found, "payroll")
    router.system(found, "bookings", "meetings")
    return found


def _said(cast: make.Cast, id: object) -> tuple[str, str]:
    with in_tenant(cast.tenant.id):
        whole = queries.execution(scope=cast.bo, id=id)  # type: ignore[arg-type]
    return whole.corrected_to, whole.corrected_by


def test_correct__may_be_said_anew_and_taken_back(cast: make.Cast) -> None:
    done = desk.done(cast.mel, system="payroll")
    assert _said(cast, done.id) == ("", "")
    correct(scope=cast.mel, execution_id=done.id, system="bookings", at=AT)
    correct(scope=cast.bo, execution_id=done.id, system=cast.system.name, at=AT)
    assert _said(cast, done.id) == (cast.system.name, cast.bo.actor.name)
    correct(scope=cast.bo, execution_id=done.id, system="", at=AT)
    assert _said(cast, done.id) == ("", "")


def test_correct__names_another_active_system__by_who_may_rate_it(cast: make.Cast) -> None:
    done = desk.done(cast.bo, system="payroll")
    for nobody in ("payroll", "no-such-system"):
        with pytest.raises(Invalid):
            correct(scope=cast.bo, execution_id=done.id, system=nobody, at=AT)
    make.status(cast.bo, "bookings", Status.DEPRECATED)
    with pytest.raises(Invalid):
        correct(scope=cast.bo, execution_id=done.id, system="bookings", at=AT)
    for refused, error in ((cast.mel, NotAllowed), (cast.uma, NotAllowed), (make.stranger(), NotFound)):
        with pytest.raises(error):
            correct(scope=refused, execution_id=done.id, system="bookings", at=AT)


def test_correct__two_at_once__leave_one_word(cast: make.Cast) -> None:
    done = desk.done(cast.mel, system="payroll")
    at_once(
        [
            lambda: correct(scope=cast.mel, execution_id=done.id, system="bookings", at=AT),
            lambda: correct(scope=cast.bo, execution_id=done.id, system=cast.system.name, at=AT),
        ]
    )
    with in_tenant(cast.tenant.id):
        assert Correction.objects.filter(tenant_id=cast.tenant.id).count() == 1


def test_learning__prefers_the_one_that_people_name() -> None:
    cast = learning.cast()
    ids = learning.done(cast.tars, learning.texts(60))
    served, wanted = "domicile", "notion"
    before = learning.learn(cast)
    assert learning.proposals(cast.tars)[0].recommended_system.name == served and before.considered.counted == 60
    for id in ids[:55]:
        correct(scope=cast.bo, execution_id=id, system=wanted, at=make.later(61))
    learning.done(cast.tars, learning.texts(60), at=make.later(62))
    learning.learn(cast, nights=1, minutes=120)
    row = learning.proposals(cast.tars)[0]
    ranks = {one["system"]: one for one in row.ranking}
    assert ranks[served]["corrected"] == 55 and ranks[wanted]["named"] == 55
    assert row.recommended_system.name == wanted
    assert Decimal(ranks[wanted]["confidence"]) > Decimal(ranks[served]["confidence"])
    assert "55 only by people's word" in row.explanation
