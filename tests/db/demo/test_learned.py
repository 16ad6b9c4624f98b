"""The demo's proposed rule comes out of the night that runs over the played past."""

from __future__ import annotations

from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.learning import queries
from routing.learning.models import RequestCluster
from tests.db.demo.conftest import Demo


def test_night__proposes_what_no_rule_covers__out_of_the_played_past(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        lines = queries.lines_of(queries.proposals(scope=oms.scope("preston")))
        (line,) = [one for one in lines if "BambooHR" in one.pattern]
        assert line.is_waiting and line.system == "domicile-governance" and line.based_on >= 50
        assert 0.7 <= line.confidence <= line.first.success_rate
        whole = queries.whole(scope=oms.scope("preston"), proposal_id=line.id)
        ids = [one.id for one in whole.examples]
        assert Execution.objects.filter(tenant_id=oms.tenant_id, id__in=ids).count() == len(ids) == 6
        assert {one.text for one in whole.examples} & {line.pattern} or line.pattern
        assert RequestCluster.objects.filter(tenant_id=oms.tenant_id).count() > 10
