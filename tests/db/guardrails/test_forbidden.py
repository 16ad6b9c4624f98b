"""What the router forbids at once counts against the system that would have got it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from dreams.guardrails import reading
from dreams.guardrails.models import Watch
from dreams.guardrails.reading import Watched, baseline
from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.lawbook.actions import propose_import
from governance.tenancy import in_tenant
from routing.executions.models import Execution
from tests import factories as make
from tests.db.guardrails import desk
from tests.db.guardrails.desk import APPLIED, LOOK
from tests.db.routing.executions import desk as work

LAW = b"""# Law

7.1 **Payroll.** Nobody exports it.

```rules
exports: => [F] export_pii
```
"""


def watched(cast: make.Cast, **constitution: Any) -> AmendmentProposal:
    """An agent under the law, amended; the watch has begun."""
    make.approve(
        cast.ada,
        propose_import(scope=cast.bo, content=LAW, format="gov_md", evidence={"reason": "GDPR"}, at=make.AT),
    )
    work.agent(cast, "payroll")
    proposal = _amended(cast, description="Runs payroll with care.", **constitution)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    return proposal


def _amended(cast: make.Cast, **fields: Any) -> AmendmentProposal:
    proposal = amendments.propose(
        scope=cast.bo,
        system_name="payroll",
        type=AmendmentType.MANUAL_UPDATE,
        basis=Basis.ORDINARY,
        constitution=make.changed(make.constitution_of(cast.bo, name="payroll"), **fields),
        evidence=make.EVIDENCE[AmendmentType.MANUAL_UPDATE],
        at=APPLIED,
    )
    return make.approve(cast.cy, proposal, at=APPLIED)


def asked(cast: make.Cast, action: str, *, minutes: float = 2, **more: Any) -> Execution:
    at = APPLIED + timedelta(minutes=minutes)
    request = work.asked(cast.mel, "Run payroll", at=at, action=action, **more)
    work.worked(cast.mel, request, at=at + timedelta(seconds=1))
    return work.execution(cast.mel, request.id)


def _judged(cast: make.Cast, proposal: AmendmentProposal) -> Watch:
    desk.looked(cast)
    return desk.watch_of(cast, proposal)


@pytest.mark.parametrize("named", ["payroll", ""])
def test_request__that_the_law_forbids_at_the_router__fires_and_the_amendment_is_rolled_back(named: str) -> None:
    cast = make.cast()
    proposal = watched(cast)
    work.router.written(cast.bo, "Run payroll", "payroll")
    work.router.embedded(cast)
    ended = asked(cast, "export_pii", system=named)
    assert (ended.status, ended.system_id) == ("governance_blocked", None)
    assert ended.governance_check["law"] == ["gov.md 7.1"]
    watch = _judged(cast, proposal)
    assert (watch.state, watch.crossing["section"], watch.crossing["execution"]) == (
        "rolled_back",
        "gov.md 7.1",
        str(ended.id),
    )
    assert desk.amendment_of(cast, proposal).rolled_back_at == LOOK


def test_request__that_only_the_own_constitution_forbids__fires_nothing() -> None:
    cast = make.cast()
    proposal = watched(cast, prime_directives=["No audits: `=> [F] audit`"])
    ended = asked(cast, "audit", system="payroll")
    assert (ended.status, ended.system_id, ended.governance_check["law"]) == ("governance_blocked", None, [])
    watch = _judged(cast, proposal)
    assert (watch.state, watch.judge["violations"], watch.judge["executions"]) == ("watching", 0, 1)


def test_request__that_nothing_permits__fires_nothing() -> None:
    cast = make.cast()
    proposal = watched(cast)
    ended = asked(cast, "burn_the_office", system="payroll")
    assert (ended.status, ended.governance_check["law"]) == ("governance_blocked", [])
    assert _judged(cast, proposal).state == "watching"


def test_what_the_law_forbade_another_system__counts_against_that_one() -> None:
    cast = make.cast()
    proposal = watched(cast)
    work.agent(cast, "exporter")
    assert asked(cast, "export_pii", system="exporter").governance_check["law"] == ["gov.md 7.1"]
    watch = _judged(cast, proposal)
    assert (watch.state, watch.judge["executions"]) == ("watching", 0)


def test_what_it_ran_into_before__is_nothing_new_also_where_nobody_got_it() -> None:
    cast = make.cast()
    make.approve(
        cast.ada,
        propose_import(scope=cast.bo, content=LAW, format="gov_md", evidence={"reason": "GDPR"}, at=make.AT),
    )
    work.agent(cast, "payroll")
    asked(cast, "export_pii", minutes=-20, system="payroll")
    proposal = _amended(cast, description="Runs payroll with care.")
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    assert desk.watch_of(cast, proposal).baseline["violated"] == ["gov.md 7.1"]
    asked(cast, "export_pii", system="payroll")
    assert _judged(cast, proposal).state == "watching"


def test_what_nobody_got__is_read_by_an_index_in_its_order() -> None:
    cast = make.cast()
    values = {"tenant": cast.tenant.id, "system": cast.system.id, "first": make.AT, "at": APPLIED}
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {reading._FORBIDDEN_BEFORE}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "executions_of_system" in plan and "Sort Key: executions.system_id" not in plan


def test_what_older_versions_kept__is_no_violation_and_known_to_the_baseline() -> None:
    cast = make.cast()
    old = {"outcome": "deny", "gov_md_sections_checked": ["7.3"]}
    done = desk.Done("governance_blocked", section="gov.md 7.1"), desk.Done("governance_blocked", check=old)
    desk.before(cast, done)
    with in_tenant(cast.tenant.id):
        known = baseline(Watched(cast.tenant.id, cast.system.id, is_router=False), at=APPLIED)
    assert known.violated == ("gov.md 7.1", "gov.md 7.3")
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    desk.since(cast, [desk.Done("governance_blocked", check={**old, "gov_md_sections_checked": ["9.9"]})])
    assert _judged(cast, proposal).state == "watching"
