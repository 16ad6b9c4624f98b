from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import tasks
from governance.amendments.models import AmendmentProposal
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from tarsweb.demo import actions, play, progress
from tarsweb.demo.script import steps
from tarsweb.demo.worlds import load
from tests import factories as make
from tests.db.demo.conftest import END, Demo


class Enough(Exception):
    """Ends the filling early."""


def test_progress__full_demo_or_none__is_no_card(oms: Demo) -> None:
    assert progress.of(oms.tars) is None
    assert progress.of(make.cast().bo) is None


def test_progress__settled__asks_the_database_nothing(oms: Demo) -> None:
    progress.of(oms.tars)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert progress.of(oms.tars) is None
    assert len(asked) == 0


def test_progress__while_filling__says_day_and_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = load(tag="progress")[1:]
    actions.prepare(at=END, worlds=worlds)
    tenant = actions.find_tenant(worlds[0])
    assert tenant is not None
    scope, script = tars_scope(tenant.id), steps(worlds[0], end=END)
    first = progress.of(scope, worlds=worlds)
    assert first == progress.Progress(0, len(script), "The demo is playing its 45 days of history, and is at day 3.")
    real = play.Player.propose

    def propose(player: play.Player, step: play.Step) -> None:
        if step.key == "refund-200.0":
            raise Enough
        real(player, step)

    monkeypatch.setitem(play._VERBS, "propose", propose)
    with pytest.raises(Enough):
        actions.fill(worlds=worlds)
    monkeypatch.undo()
    halfway = progress.of(scope, worlds=worlds)
    assert halfway is not None
    assert halfway.sentence == "The demo is playing its 45 days of history, and is at day 18."
    assert halfway.done == [step.key for step in script].index("refund-200.0")
    actions.fill(worlds=worlds)
    assert progress.of(scope, worlds=worlds) is None


def test_clock__while_the_story_is_played__lets_its_proposals_be_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposal of weeks ago is late the moment it is made; the worker's clock looks every minute."""
    worlds = load(tag="clock")[1:]
    actions.prepare(at=END, worlds=worlds)
    tenant = actions.find_tenant(worlds[0])
    assert tenant is not None and not actions.is_being_filled(tars_scope(tenant.id))
    real, looked = play.Player.propose, []

    def propose(player: play.Player, step: play.Step) -> None:
        real(player, step)
        looked.append(actions.is_being_filled(tars_scope(player.tenant_id)))
        tasks.tick()
        assert not actions.is_being_filled(make.stranger())
        raise Enough

    monkeypatch.setitem(play._VERBS, "propose", propose)
    with pytest.raises(Enough):
        actions.fill(worlds=worlds)
    with in_tenant(tenant.id):
        states = set(AmendmentProposal.objects.values_list("state", flat=True))
    assert looked == [True] and "expired" not in states and states
