"""The demo shows ageing: an agent of former times whose work is warm, cold, in real files, brought back, held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from governance.audit.queries import verified
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from routing.executions import queries
from routing.executions.models import Execution
from routing.executions.proof import judged
from routing.lifecycle import checking
from routing.lifecycle import queries as ageing
from routing.lifecycle.models import LegalHold
from tarsweb.demo import actions
from tarsweb.demo.worlds import load
from tests.db.demo.conftest import END, Demo


def test_mailroom__is_in_every_state_but_the_last(oms: Demo) -> None:
    scope = oms.scope("uma")
    with in_tenant(oms.tenant_id):
        bar = ageing.bar_of(scope=scope, system=oms.system("mailroom"))
    counts = {one.state: one.count for one in bar.segments}
    assert counts == {"HOT": 1, "WARM": 5, "COLD": 9, "ARCHIVED": 19, "PRUNED": 0}
    assert bar.standing is not None and bar.standing.state == "WARM" and oms.system("mailroom").status == "archived"


def test_archives__are_real_files_and_whole__one_is_back__one_is_held(oms: Demo) -> None:
    scope = oms.scope("uma")
    found = checking.check(scope=scope)
    assert found.is_whole and (found.files, found.rows, found.strays) == (2, 19, ())
    with in_tenant(oms.tenant_id):
        (hold,) = LegalHold.objects.filter(tenant_id=oms.tenant_id)
        back = Execution.objects.get(tenant_id=oms.tenant_id, system__name="mailroom", lifecycle_state="HOT")
        held = Execution.objects.get(tenant_id=oms.tenant_id, id=hold.execution_id)
        proof = judged(queries.receipt(scope=scope, id=held.id).as_json())
    assert back.started_at < END - timedelta(days=400) and back.route is not None
    assert held.lifecycle_state == "ARCHIVED" and proof.is_genuine and "tax office" in hold.reason


def test_demo_of_an_earlier_release__keeps_its_days(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        tenant = Tenant.objects.get(id=oms.tenant_id)
    assert actions.end_of(oms.world, tenant=tenant) == END
    world = replace(load(tag="former")[0], before=0, story=(), work={})
    actions.prepare(at=END, worlds=[world])
    former = actions.find_tenant(world)
    assert former is not None
    now = replace(world, before=oms.world.before, story=oms.world.story)
    assert actions.end_of(now, tenant=former) == END
    script = actions.script_of(now, tenant=former)
    assert min(step.at for step in script) > END - timedelta(days=90) and max(step.at for step in script) <= END


def test_record__of_it_all__verifies(oms: Demo) -> None:
    assert verified(oms.scope("uma")).is_verified
