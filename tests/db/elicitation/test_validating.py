"""Only a run of the worker lets a person say that a system is itself again."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DatabaseError

from dreams.elicitation import actions
from dreams.elicitation.models import Elicitation
from dreams.elicitation.scenario import Kind
from governance.drift.actions import SecondPerson, StaleRun, validate
from governance.drift.models import DriftState
from governance.errors import NotFound
from governance.ids import new_id
from governance.ledger.models import LedgerEntry
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.elicitation import desk
from tests.db.elicitation.desk import CLAY, SCENARIO, asked


@pytest.fixture
def cast() -> make.Cast:
    made = make.cast()
    desk.recovering(made)
    return made


def named(scope: Scope, run: UUID, *, minutes: float = 5) -> DriftState:
    return validate(scope=scope, system_name=CLAY, run=run, reason="It answers.", at=make.later(minutes))


def test_validate__a_run_that_passed__is_normal_with_the_run_on_the_ledger(cast: make.Cast) -> None:
    row = asked(cast)
    done = named(cast.bo, row.id)
    assert (done.state, done.cause) == ("NORMAL", "validated")
    with in_tenant(cast.tenant.id):
        said = bytes(LedgerEntry.objects.get(action_name="drift.validate").openings).decode()
    assert row.digest in said and str(row.id) in said


def test_validate__by_who_acknowledged_or_wrote_a_scenario__refused(cast: make.Cast) -> None:
    actions.save(
        scope=cast.bo,
        kind=Kind.SCENARIO,
        key="refunds",
        content={**SCENARIO, "expected": "permit"},
        reason="So.",
        at=make.later(2.5),
    )
    row = asked(cast)
    for scope in (cast.ada, cast.bo):
        with pytest.raises(SecondPerson):
            named(scope, row.id)
    assert named(cast.cy, row.id).state == "NORMAL"


def test_validate__by_who_wrote_a_scenario_while_it_was_held__refused(cast: make.Cast) -> None:
    content = {**SCENARIO, "expected": "permit"}
    known = {"kind": Kind.SCENARIO, "key": "refunds", "content": content, "reason": "So."}
    actions.save(scope=cast.bo, at=make.later(1.5), **known)
    row = asked(cast)
    with pytest.raises(SecondPerson, match="since this hold began"):
        named(cast.bo, row.id)
    assert named(cast.sam, row.id).state == "NORMAL"


def test_validate__after_the_constitution_moved__refused(cast: make.Cast) -> None:
    row = asked(cast)
    make.applied(cast, at=make.later(4), fallback_delay_ms=400)
    with pytest.raises(StaleRun, match="constitution of clay-consigliere was changed after this run"):
        named(cast.bo, row.id, minutes=20)


def test_validate__after_what_is_expected_changed__refused(cast: make.Cast) -> None:
    row = asked(cast)
    actions.save(scope=cast.sam, kind=Kind.SCENARIO, key="refunds", content=SCENARIO, reason="So.", at=make.later(4))
    with pytest.raises(StaleRun, match="What is expected was changed"):
        named(cast.bo, row.id)


def test_validate__a_run_of_another_system_tenant_or_of_nobody__not_found(cast: make.Cast) -> None:
    other = make.cast()
    foreign = asked(other)
    for run in (foreign.id, new_id(make.AT)):
        with pytest.raises(NotFound, match="There is no such run of clay-consigliere"):
            named(cast.bo, run)


def test_validate__a_run_that_did_not_pass__is_degraded(cast: make.Cast) -> None:
    for number in range(2):
        content = {**SCENARIO, "title": f"Refunds {number}"}
        known = {"reason": "So.", "at": make.later(2 + number / 10)}
        actions.save(scope=cast.cy, kind=Kind.SCENARIO, key=f"refunds-{number}", content=content, **known)
    row = asked(cast)
    assert not row.is_passed
    assert named(cast.ada, row.id).state == "DEGRADED"


def test_run__once_kept__never_changes(cast: make.Cast) -> None:
    row = asked(cast)
    with pytest.raises(DatabaseError, match="permission denied"), in_tenant(cast.tenant.id):
        Elicitation.objects.filter(id=row.id).update(is_passed=True)


def test_validate__two_at_once__one_moves_it(cast: make.Cast) -> None:
    row = asked(cast)
    found = at_once([lambda: named(cast.bo, row.id), lambda: named(cast.cy, row.id)])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["DriftState", "WrongState"]
