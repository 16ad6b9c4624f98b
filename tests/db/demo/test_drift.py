"""One system is watched more closely, with what was measured of it; it was asked, and passed."""

from __future__ import annotations

from dreams.elicitation import suite
from dreams.elicitation.models import Elicitation
from dreams.elicitation.scenario import Kind
from governance.drift.models import DriftMetric, DriftState
from governance.tenancy import in_tenant
from tests.db.demo.conftest import Demo


def test_drift__memvid_is_monitored__measured__and_passed(oms: Demo) -> None:
    assert not oms.report.refused
    system = oms.system("memvid")
    with in_tenant(oms.tenant_id):
        state = DriftState.objects.get(system_id=system.id)
        assert (state.state, state.cause) == ("MONITOR", "") and "Osage County" in state.reason
        assert DriftMetric.objects.filter(system_id=system.id).count() >= 5
        (run,) = Elicitation.objects.filter(system_id=system.id)
        assert run.is_passed and run.asked == run.as_expected == 31
        written = [one for one in suite.items(scope=oms.tars, kind=Kind.SCENARIO) if one.version]
    assert [one.key for one in written] == ["asks", "asks-by-voice"]
