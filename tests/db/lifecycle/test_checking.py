"""Each night the files are read back, the one unread for longest first; people are told once of what is missing or differs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.errors import NotAllowed
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from routing.lifecycle import copying, moving, pruning, tasks
from routing.lifecycle.checking import KIND, check, check_oldest
from routing.lifecycle.errors import StoreFailed
from routing.lifecycle.models import Archive
from tests import factories as make
from tests.db.lifecycle import old, s3
from tests.db.lifecycle.old import END, LATER, cast

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _three(cast: make.Cast) -> list[Archive]:
    old.done(cast, "Run payroll one", "Run payroll two", "Run payroll three")
    old.ageing.age(scope=cast.tars, at=LATER)
    found = [moving.archive(scope=cast.tars, at=LATER, most=1) for _ in range(3)]
    return [one for one in found if one is not None]


def _rows(cast: make.Cast) -> list[tuple[Any, str]]:
    with in_tenant(cast.tenant.id):
        return list(Archive.objects.filter(tenant_id=cast.tenant.id).order_by("id").values_list("checked_at", "fault"))


def _told(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        return list(Notice.objects.filter(tenant_id=cast.tenant.id, kind=KIND).values_list("user_id", flat=True))


def test_night__goes_on_with_what_was_not_read_for_longest__and_tells_once(cast: make.Cast) -> None:
    _three(cast)
    one_day, night = timedelta(days=1), LATER + timedelta(days=1)
    assert check_oldest(scope=cast.tars, since=night, at=night, most=2) == 2
    assert [at for at, _ in _rows(cast)] == [night, night, None]
    last = old.files(cast)[2]
    content = last.read_bytes()
    last.unlink()
    assert check_oldest(scope=cast.tars, since=night, at=night, most=2) == 1
    assert check_oldest(scope=cast.tars, since=night, at=night, most=2) == 0
    assert "is not in the store" in _rows(cast)[2][1] and not _rows(cast)[0][1]
    people = _told(cast)
    assert set(people) == {cast.ada.actor.user_id, cast.tess.actor.user_id}
    check_oldest(scope=cast.tars, since=night + one_day, at=night + one_day, most=9)
    assert _told(cast) == people
    last.write_bytes(content)
    check_oldest(scope=cast.tars, since=night + 2 * one_day, at=night + 2 * one_day, most=9)
    assert [fault for _, fault in _rows(cast)] == ["", "", ""]
    last.write_bytes(b"other")
    check_oldest(scope=cast.tars, since=night + 3 * one_day, at=night + 3 * one_day, most=9)
    assert len(_told(cast)) == 2 * len(people)


def test_night__with_a_store_out_of_reach__blames_no_file(cast: make.Cast, settings: Any) -> None:
    settings.ARCHIVE_BUCKET = s3.place()
    _three(cast)
    from dataclasses import replace

    settings.ARCHIVE_BUCKET = replace(settings.ARCHIVE_BUCKET, host="127.0.0.1:9")
    with s3.impatient(), pytest.raises(StoreFailed):
        check_oldest(scope=cast.tars, since=LATER, at=LATER, most=9)
    assert {fault for _, fault in _rows(cast)} == {""} and _told(cast) == []


def test_night__a_destroyed_file_that_is_still_there__is_named_until_it_is_gone(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.archived(cast)
    with in_tenant(cast.tenant.id):
        digest = pruning.due(scope=cast.ada, at=END).digest
    confirmation = make.confirmed(cast.ada, at=END)
    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_drop", lambda _names: None)
        pruning.prune(scope=cast.ada, digest=digest, reason="Over.", confirmation=confirmation, at=END)
    nights = [END + timedelta(days=day) for day in (1, 2, 3)]
    assert check_oldest(scope=cast.tars, since=nights[0], at=nights[0], most=9) == 1
    assert "was destroyed, and is still in the store" in _rows(cast)[0][1]
    assert moving.sweep(scope=cast.tars, at=END, named=frozenset()) == 1
    assert [check_oldest(scope=cast.tars, since=night, at=night, most=9) for night in nights[1:]] == [1, 0]
    assert _rows(cast) == [(nights[1], "")]


def test_tasks__go_step_by_step_until_every_file_was_read(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _three(cast)
    monkeypatch.setattr(tasks, "STEP", 2)
    monkeypatch.setattr(tasks, "active_tenant_ids", lambda: [cast.tenant.id])
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: asked.append(args))
    assert tasks.check_files() == 1
    counts = [tasks.check_some(*asked.pop(0)) for _ in range(2)]
    assert counts == [2, 1] and asked == [] and None not in [at for at, _ in _rows(cast)]


def test_check__who_may__and_a_stranger_sees_nothing(cast: make.Cast) -> None:
    (first, *_) = _three(cast)
    with pytest.raises(NotAllowed):
        check(scope=cast.mel, at=LATER)
    assert check(scope=make.cast().uma, archive_id=first.id, at=LATER).files == 0
    assert [at for at, _ in _rows(cast)] == [None, None, None]
    assert check(scope=cast.uma, archive_id=first.id, at=LATER).is_whole
    with in_tenant(cast.tenant.id):
        (read,) = Archive.objects.filter(tenant_id=cast.tenant.id, checked_at=LATER)
    assert read.id == first.id


def test_copy__brings_a_folder_into_a_bucket__once(cast: make.Cast, settings: Any, tmp_path: Path) -> None:
    _three(cast)
    folder, files = Path(settings.ARCHIVES), old.files(cast)
    files[2].write_bytes(b"other")
    settings.ARCHIVE_BUCKET = s3.place()
    assert "is not in the store" in check(scope=cast.uma).faults[0]
    first = copying.copy(scope=cast.tars, folder=folder)
    assert (first.files, first.there) == (2, 0) and "is changed in" in first.faults[0]
    again = copying.copy(scope=cast.tars, folder=folder)
    assert (again.files, again.there) == (0, 2) and len(check(scope=cast.uma).faults) == 1
