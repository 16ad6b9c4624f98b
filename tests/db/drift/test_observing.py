"""From what was recorded to the state: fed once, bounded, moved by the table, told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.audit.filters import Filters
from governance.audit.queries import search
from governance.drift.actions import acknowledge, rearm, reset_baseline
from governance.drift.models import DriftMetric, DriftScore, DriftState
from governance.drift.observing import Observed, observe
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.drift.streams import Stream, only
from tests.db.tenants.catalogue import connected, somebody_waits_for

HOUR = 60


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def stream(cast: make.Cast) -> Iterator[Stream]:
    made = Stream(cast.tenant.id, cast.system.id)
    with only(made):
        yield made


def numbers(seed: int, mean: float, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, size=size)


def look(cast: make.Cast, minutes: float) -> Observed:
    return observe(scope=cast.tars, at=make.later(minutes))


def state(cast: make.Cast) -> DriftState:
    with in_tenant(cast.tenant.id):
        return DriftState.objects.get(system_id=cast.system.id)


def test_observe__what_behaves_as_ever__stays_normal_and_bounded(cast: make.Cast, stream: Stream) -> None:
    stream.add("confidence", numbers(1, 0.8, 3_200))
    assert look(cast, 1) == Observed(decisions=3_200, looked_at=1, moved=0)
    assert look(cast, 2).decisions == 0
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert (row.baseline_count, len(row.recent), row.fresh) == (2_000, 300, 3_100)
        assert row.fired_at is None and row.baseline == sorted(row.baseline)
        assert not LedgerEntry.objects.filter(action_name="drift.observe").exists()
    assert state(cast).state == "NORMAL"


def test_observe__a_shift__moves_by_the_table_with_evidence_on_the_ledger_and_tells_once(
    cast: make.Cast, stream: Stream
) -> None:
    stream.add("duration", numbers(1, 0, 1_000))
    look(cast, 1)
    stream.add("duration", numbers(2, 1.5, 100))
    assert look(cast, 2).moved == 1 and state(cast).state == "MONITOR"
    assert look(cast, 17).moved == 1
    row = state(cast)
    assert (row.state, row.cause) == ("HOLD", "above_critical")
    assert row.evidence["metric"] == "duration" and row.evidence["score"] > 1.3 and row.evidence["n"] == 100
    assert look(cast, 32).moved == 0
    with in_tenant(cast.tenant.id):
        moves = LedgerEntry.objects.filter(action_name="drift.observe").order_by("sequence")
        assert [(entry.event_type, entry.subject) for entry in moves] == [("drift_detection", "clay-consigliere")] * 2
        assert Notice.objects.filter(kind="drift", user_id=cast.users["ada"].id).count() == 2
        assert [row.state for row in DriftScore.objects.order_by("at")] == ["NORMAL", "MONITOR", "HOLD"]


def test_observe__hold_that_nobody_acknowledges__is_degraded_after_72_hours(cast: make.Cast, stream: Stream) -> None:
    stream.add("compliance", np.zeros(60))
    look(cast, 1), look(cast, 16)
    assert state(cast).state == "HOLD"
    assert look(cast, 16 + 72 * HOUR - 1).moved == 0
    assert look(cast, 16 + 72 * HOUR).moved == 1
    assert (state(cast).state, state(cast).cause) == ("DEGRADED", "unanswered")


def test_observe__acknowledged_too_late__is_degraded_too(cast: make.Cast, stream: Stream) -> None:
    stream.add("approval", np.zeros(60))
    look(cast, 1), look(cast, 16)
    late = make.later(16) + timedelta(hours=72)
    done = acknowledge(scope=cast.ada, system_name="clay-consigliere", reason="Seen.", at=late)
    assert done.state == "DEGRADED" == state(cast).state


def test_observe__calm_for_24_hours__is_normal_again_and_armed(cast: make.Cast, stream: Stream) -> None:
    stream.add("compliance", np.repeat((1.0, 0.0), (90, 10)))
    look(cast, 1)
    assert state(cast).state == "MONITOR"
    stream.add("compliance", np.ones(100))
    look(cast, 16)
    assert state(cast).calm_since == make.later(16)
    assert look(cast, 16 + 24 * HOUR - 1).moved == 0
    assert look(cast, 16 + 24 * HOUR).moved == 1
    assert state(cast).state == "NORMAL"
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert (row.fired_at, row.recent) == (None, [])


def test_observe__what_is_asked_moves__and_another_model_begins_anew(cast: make.Cast, stream: Stream) -> None:
    one, other = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    stream.add("m-1", np.tile(one, (100, 1)))
    stream.add("m-1", np.tile(one, (100, 1)))
    look(cast, 1)
    with in_tenant(cast.tenant.id):
        assert DriftMetric.objects.get().finding["value"] == pytest.approx(0.0)
    stream.add("m-1", np.tile(other, (100, 1)))
    look(cast, 2)
    assert state(cast).evidence["detector"] == "distance"
    stream.add("m-2", np.ones((5, 7)))
    look(cast, 3)
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert (row.unit, row.baseline_count, row.finding) == ("m-2", 5, None)


def test_rearm_and_reset__forget_what_was_seen__and_say_who_did_it(cast: make.Cast, stream: Stream) -> None:
    stream.add("cost", numbers(1, 0, 500))
    stream.add("cost", numbers(2, 3, 100))
    look(cast, 1)
    known = {"scope": cast.bo, "system_name": "clay-consigliere", "metric": "cost", "reason": "A dearer model."}
    assert rearm(**known, at=make.later(2)) == 1
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert (row.fired_at, row.finding, row.recent, row.armed_at) == (None, None, [], make.later(2))
        assert row.baseline_count >= 100
    assert reset_baseline(**known, at=make.later(3)) == 1
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert (row.baseline_count, row.baseline_since) == (0, make.later(3))
        names = ("drift.rearm", "drift.reset_baseline")
        assert LedgerEntry.objects.filter(action_name__in=names, subject="clay-consigliere").count() == 2


def test_observe__two_at_once__each_decision_counts_once(cast: make.Cast, stream: Stream) -> None:
    stream.add("cost", numbers(1, 0, 800))
    found = at_once([lambda: look(cast, 1), lambda: look(cast, 1)])
    assert sum(one.result.decisions for one in found if one.result) == 800
    with in_tenant(cast.tenant.id):
        row = DriftMetric.objects.get()
        assert row.baseline_count + len(row.recent) == 800 and row.fresh == 700


def test_observe__one_finding_without_new_decisions__never_holds_however_long_it_stays(
    cast: make.Cast, stream: Stream
) -> None:
    stream.add("compliance", np.repeat((1.0, 0.0), (90, 10)))
    for hours in range(60):
        look(cast, 1 + hours * HOUR)
    assert (state(cast).state, state(cast).warnings) == ("MONITOR", 1)
    for hours in (61, 68, 75):
        stream.add("compliance", np.ones(3))
        look(cast, 1 + hours * HOUR)
    assert (state(cast).state, state(cast).cause) == ("HOLD", "repeated_warnings")


def test_observe__a_new_finding_beside_a_stronger_stale_one__counts(cast: make.Cast, stream: Stream) -> None:
    stream.add("compliance", np.repeat((1.0, 0.0), (90, 10)))
    look(cast, 1)
    stream.add("approval", np.repeat((1.0, 0.0), (72, 28)))
    look(cast, 1 + 7 * HOUR)
    assert (state(cast).state, state(cast).warnings) == ("MONITOR", 2)


def test_acknowledge__too_late__is_not_said_to_be_the_persons_doing(cast: make.Cast, stream: Stream) -> None:
    stream.add("approval", np.zeros(60))
    look(cast, 1), look(cast, 16)
    late = make.later(16) + timedelta(hours=72)
    done = acknowledge(scope=cast.ada, system_name="clay-consigliere", reason="Seen.", at=late)
    assert done.changed_by == "TARS (autonomous)"
    with in_tenant(cast.tenant.id):
        (entry,) = search(scope=cast.uma, filters=Filters(subject="clay-consigliere"), limit=1).entries
        told = set(Notice.objects.filter(kind="drift").values_list("sentence", flat=True))
    name = cast.ada.actor.name
    sentence = "clay-consigliere went from HOLD into DEGRADED: Nobody acknowledged the hold within 72 hours."
    assert entry.sentence == f"{sentence} {name} acknowledged it too late: Seen."
    assert entry.sentence in told


def test_feed_and_arm__of_one_system_at_once__wait_for_each_other(cast: make.Cast, stream: Stream) -> None:
    """Rows lie in the order of success, request, cost; both take them in the order of names."""
    for metric in ("success", "m-1", "cost"):
        stream.add(metric, np.ones((1, 3)) if metric == "m-1" else np.ones(1))
        look(cast, 1)
    is_locked = Event()

    def feed() -> None:
        first = "SELECT FROM drift_metrics WHERE tenant_id = %s AND name = %s FOR NO KEY UPDATE"
        with connected("owner", autocommit=False) as other:
            other.execute("SELECT set_config('app.tenant_id', %s, true)", [str(cast.tenant.id)])
            other.execute(first, [cast.tenant.id, "cost"])
            is_locked.set()
            assert somebody_waits_for(other)
            other.execute("SET LOCAL lock_timeout = '3s'")
            for name in ("request", "success"):
                other.execute(first, [cast.tenant.id, name])

    def arm() -> int:
        assert is_locked.wait(30)
        return rearm(scope=cast.bo, system_name="clay-consigliere", reason="Anew.", at=make.later(9))

    found = at_once([feed, arm])
    assert [one.refusal for one in found] == [None, None] and found[1].result == 3


def test_feed__takes_the_rows_of_metrics_in_the_order_of_names(cast: make.Cast, stream: Stream) -> None:
    stream.add("success", np.ones(1)), stream.add("m-1", np.ones((1, 3))), stream.add("cost", np.ones(1))
    with CaptureQueriesContext(connection) as asked:
        look(cast, 1)
    locks = [one["sql"] for one in asked if 'FROM "drift_metrics"' in one["sql"] and "FOR NO KEY UPDATE" in one["sql"]]
    taken = [name for sql in locks for name in ("cost", "request", "success") if f"'{name}'" in sql]
    assert list(dict.fromkeys(taken)) == ["cost", "request", "success"]
