"""Who destroys and who brings back at the same moment: one wins, and the other is told what is so now."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from governance.audit.queries import verified
from governance.tenancy import in_tenant
from routing.lifecycle import holds, moving, pruning
from routing.lifecycle.checking import check
from routing.lifecycle.errors import CountsMoved, NotArchived
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _prune(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        digest = pruning.due(scope=cast.ada, at=END).digest
    confirmation = make.confirmed(cast.ada, at=END)
    pruning.prune(scope=cast.ada, digest=digest, reason="Over.", confirmation=confirmation, at=END)


def _beside(call: Callable[[], object]) -> Thread:
    """Somebody else, on a connection of their own."""

    def alone() -> None:
        try:
            call()
        finally:
            connection.close()

    made = Thread(target=alone)
    made.start()
    return made


def _before(patch: pytest.MonkeyPatch, place: Any, name: str, call: Callable[[], object]) -> None:
    """Let somebody else do all of `call` before `name` runs."""
    real = getattr(place, name)

    def first(*args: Any, **values: Any) -> Any:
        _beside(call).join(20)
        return real(*args, **values)

    patch.setattr(place, name, first)


def test_brought_back_before_it_is_destroyed__destroying_says_that_the_counts_moved(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (made, other) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    before = old.whole(cast.bo, other.id)
    restore = lambda: moving.restore(scope=cast.bo, execution_id=made.id, at=END)  # noqa: E731
    with monkeypatch.context() as patch, pytest.raises(CountsMoved, match="has changed since you looked"):
        _before(patch, pruning, "_locked", restore)
        _prune(cast)
    assert (old.state(cast.bo, made.id), old.state(cast.bo, other.id)) == ("HOT", "ARCHIVED")
    assert old.whole(cast.bo, other.id) == before and check(scope=cast.uma).is_whole


def test_destroyed_before_it_is_brought_back__bringing_back_says_so(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (made,) = old.archived(cast)
    with monkeypatch.context() as patch, pytest.raises(NotArchived, match="were destroyed"):
        _before(patch, moving, "demand_visible", lambda: _prune(cast))
        moving.restore(scope=cast.bo, execution_id=made.id, at=END)
    assert old.state(cast.bo, made.id) == "PRUNED" and check(scope=cast.uma).is_whole


@pytest.mark.parametrize("who_is_first", ["restore", "restore, half way", "prune", "prune, half way"])
def test_what_is_kept_of_a_file_comes_back_while_the_rest_is_destroyed(
    cast: make.Cast, who_is_first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (gone, kept) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    holds.place(scope=cast.tess, execution_id=kept.id, reason="A court asked.", at=END)
    waiting: list[Thread] = []

    def restore() -> None:
        moving.restore(scope=cast.bo, execution_id=kept.id, at=END)

    with monkeypatch.context() as patch:
        if who_is_first == "restore":
            _before(patch, pruning, "_files_with", restore)
            _prune(cast)
        elif who_is_first == "restore, half way":
            real_line = moving._line

            def met(away: Any) -> str:
                waiting.append(_beside(lambda: _prune(cast)))
                waiting[0].join(1)  # it waits for this one's line; without that it would be through, and the file gone
                return real_line(away)

            patch.setattr(moving, "_line", met)
            restore()
        elif who_is_first == "prune":
            _before(patch, moving, "demand_visible", lambda: _prune(cast))
            restore()
        else:
            real = pruning._rewritten
            patch.setattr(pruning, "_rewritten", lambda *a, **b: (waiting.append(_beside(restore)), real(*a, **b))[1])
            _prune(cast)
    for one in waiting:
        one.join(20)
    assert (old.state(cast.bo, gone.id), old.state(cast.bo, kept.id)) == ("PRUNED", "HOT")
    assert check(scope=cast.uma).is_whole and verified(cast.uma).is_verified
