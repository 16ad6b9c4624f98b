"""Who is the router, who may undo, and who waits for whom."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from dreams.guardrails import looking, tasks
from dreams.guardrails.models import Watch
from dreams.guardrails.watching import watched_of
from governance.amendments import caught
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment
from governance.errors import NotAllowed
from governance.locks import alone
from governance.registry.models import Status
from governance.tenancy import in_tenant
from routing.router.nearest import router
from tests import factories as make
from tests.db.guardrails import desk
from tests.db.guardrails.desk import APPLIED, BAD, GOOD, LOOK
from tests.db.router import desk as routing


def _watched(cast: make.Cast) -> AmendmentProposal:
    desk.before(cast, [GOOD] * 60)
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    return proposal


def _is_router(cast: make.Cast, watch: Watch) -> bool:
    with in_tenant(cast.tenant.id):
        return watched_of(watch, scope=cast.tars).is_router


def test_another_becomes_the_router__the_watch_goes_on_judging_whose_work_it_began_with() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    watch = desk.watch_of(cast, proposal)
    assert watch.baseline["is_router"] is True and _is_router(cast, watch)
    routing.system(cast, "second", routing_confidence_threshold=0.5)
    make.status(cast.bo, cast.system.name, Status.DEPRECATED, at=APPLIED + timedelta(minutes=1))
    with in_tenant(cast.tenant.id):
        now = router(scope=cast.tars)
        assert now is not None and now.name == "second"
    assert _is_router(cast, watch)


def test_a_watch_of_an_older_version__is_judged_by_who_is_the_router_now() -> None:
    cast = make.cast()
    watch = desk.watch_of(cast, _watched(cast))
    watch.baseline = {name: value for name, value in watch.baseline.items() if name != "is_router"}
    assert _is_router(cast, watch)


def test_undone_by_tars__only_while_the_watch_says_so() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.since(cast, [BAD] * 40)
    watch = desk.watch_of(cast, proposal)
    assert looking.look(scope=cast.tars, watch_id=watch.id, at=LOOK) == "fired"
    late = watch.ends_at + timedelta(seconds=1)
    with pytest.raises(NotAllowed, match="is over"):
        looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=late)
    with in_tenant(cast.tenant.id):
        assert ConstitutionalAmendment.objects.get(number=proposal.number).rolled_back_at is None
    looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    assert desk.amendment_of(cast, proposal).rolled_back_at == LOOK


def test_where_nothing_watches__tars_undoes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    proposal = desk.amended(cast)
    monkeypatch.setattr(caught, "_checks", {})
    with pytest.raises(NotAllowed, match="Nothing watches amendments here"):
        looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)


def test_watch__queues_one_task_for_each_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, queued = make.cast(), []
    monkeypatch.setattr(tasks, "async_task", lambda func, id, at, **_: queued.append((func, id, at)))
    assert tasks.watch(LOOK.isoformat()) == len(queued)
    assert (tasks.ONE, str(cast.tenant.id), LOOK.isoformat()) in queued


def test_watch_one__looks_at_its_tenant_alone__and_not_beside_another_look_of_it() -> None:
    cast, other = make.cast(), make.cast()
    first, second = desk.amended(cast), desk.amended(other)
    with_lock, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with alone(uuid5(UUID(str(other.tenant.id)), tasks.ONE)):
            with_lock.set()
            go_on.wait(30)

    thread = threading.Thread(target=slow)
    thread.start()
    with_lock.wait(30)
    assert tasks.watch_one(str(cast.tenant.id), LOOK.isoformat()) == 1
    assert tasks.watch_one(str(other.tenant.id), LOOK.isoformat()) == 0
    go_on.set()
    thread.join()
    assert desk.watch_of(cast, first).state == "watching"
    assert tasks.watch_one(str(other.tenant.id), LOOK.isoformat()) == 1
    assert desk.watch_of(other, second).state == "watching"
