"""A night from its plan to its amendment, with a real agent that costs what its constitution says."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dreams.cycles.models import State
from governance.amendments.kinds import State as Amended
from governance.audit import checks
from tests.db.dreams import desk

pytestmark = pytest.mark.usefixtures("database")


def test_night__a_cheaper_agent__becomes_an_amendment_that_waits_for_people() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    ended = desk.ran(cast, cycle)
    assert (ended.state, ended.stopped_because) == (State.JUDGED, "")
    dummy, *rest = desk.dreams(cast, cycle)
    assert dummy.origin == "dummy" and dummy.verdict in ("hold", "reject")
    for one in (dummy, *rest):
        print(one.number, one.mutations, one.verdict, one.rule, one.because, one.n_seen, one.n_held_out, one.gain_seen)
    won = [one for one in rest if one.proposal_id]
    assert len(won) == 1
    best = won[0]
    assert best.mutations == {"/fuzzy_match_threshold": 0.3}
    assert best.verdict == "promote" and not best.promoted_to_production
    assert best.proposal.state == Amended.PROPOSED
    assert ended.spent_usd > 0
    report = checks.run(tenant_id=cast.tenant.id, job=uuid4(), at=desk.NIGHT).report
    assert report is not None and report.is_verified, report
