"""The steps of seeds/004 "Lifecycle Management", and how a bar reads."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from routing.lifecycle import ages, pack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (0, "HOT"),
        (29.99, "HOT"),
        (30, "WARM"),
        (89.99, "WARM"),
        (90, "COLD"),
        (364.99, "COLD"),
        (365, "ARCHIVED"),
        (4000, "ARCHIVED"),
    ],
)
def test_state__follows_the_time_without_access(days: float, state: str) -> None:
    assert ages.state_at(NOW - timedelta(days=days), at=NOW) == state


def test_standing__says_since_when_what_comes_next_and_why() -> None:
    last = NOW - timedelta(days=40)
    warm = ages.standing(state="WARM", last_accessed_at=last, archived_at=None, kept_until=None)
    assert (warm.since, warm.next_state, warm.next_at) == (last + ages.WARM, "COLD", last + ages.COLD)
    assert "20 Jan 2026" in warm.why and "90 days" in warm.why
    assert [stands for _, stands in warm.points] == ["done", "now", "open", "open", "open"]
    away = ages.standing(state="ARCHIVED", last_accessed_at=last, archived_at=NOW, kept_until=NOW + ages.WARM)
    assert (away.since, away.next_state, away.next_at) == (NOW, "PRUNED", NOW + ages.WARM)
    gone = ages.standing(state="PRUNED", last_accessed_at=last, archived_at=NOW, kept_until=None)
    assert (gone.since, gone.next_state, gone.next_at, gone.place) == (NOW, "", None, 4)


def test_standing__of_a_system__ends_as_a_stone__and_the_law_does_not_age() -> None:
    last, until = NOW - timedelta(days=400), NOW + timedelta(days=9)
    old = ages.standing_of_system(
        state="ARCHIVED", last_accessed_at=last, archived_at=NOW, kept_until=until, is_law=False
    )
    assert (old.since, old.next_state, old.next_at, len(old.points)) == (NOW, "PRUNED", until, 5)
    gone = ages.standing_of_system(
        state="PRUNED", last_accessed_at=last, archived_at=NOW, destroyed_at=until, is_law=False
    )
    assert (gone.since, gone.next_state, gone.place) == (until, "", 4) and "cannot come back" in gone.why
    cold = ages.standing_of_system(state="COLD", last_accessed_at=last, archived_at=None, is_law=False)
    assert (cold.next_state, cold.next_at) == ("ARCHIVED", last + ages.ARCHIVED)
    law = ages.standing_of_system(state="COLD", last_accessed_at=last, archived_at=None, is_law=True)
    assert (law.state, law.next_state) == ("HOT", "")


@pytest.mark.parametrize(
    ("constitution", "until"),
    [
        ({}, datetime(2031, 2, 28, tzinfo=UTC)),
        ({"retention_period_days": 30}, datetime(2031, 2, 28, tzinfo=UTC)),
        ({"retention_period_days": 3650}, datetime(2034, 2, 26, tzinfo=UTC)),
        ({"retention": {"period_days": 3650}}, datetime(2034, 2, 26, tzinfo=UTC)),
        ({"retention_period_days": -1e12}, datetime(2031, 2, 28, tzinfo=UTC)),
        ({"retention_period_days": 10**12}, datetime(2024, 2, 29, tzinfo=UTC) + timedelta(days=1_000_000)),
        ({"retention_period_days": "long", "retention": True}, datetime(2031, 2, 28, tzinfo=UTC)),
    ],
)
def test_kept_until__the_longer_wins__and_a_leap_day_is_no_fault(
    constitution: dict[str, object], until: datetime
) -> None:
    assert ages.kept_until(datetime(2024, 2, 29, tzinfo=UTC), years=7, constitution=constitution) == until


def test_pack__gives_back_its_lines__and_the_same_bytes_again() -> None:
    lines = ['{"a": "Ü \u2028 ✓"}', '{"b": [1, 2.50]}']
    data = pack.packed(tenant_id="t", archive_id="a", at="x", lines=lines)
    assert data == pack.packed(tenant_id="t", archive_id="a", at="x", lines=lines)
    found = pack.opened(data, digest=pack.digest_of(data))
    assert list(found.lines.values()) == lines and found.header["rows"] == 2
    assert found.lines[pack.digest_of(lines[0])] == lines[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no gzip",
        gzip.compress(b"no json\n", mtime=0),
        gzip.compress(b'{"archive": "other", "rows": 0}\n', mtime=0),
        gzip.compress(b'{"archive": "tars-archive-1", "rows": 2}\n{}\n', mtime=0),
        pack.packed(tenant_id="t", archive_id="a", at="x", lines=["{}"])[:-5],
    ],
)
def test_pack__what_is_not_whole__refused(data: bytes) -> None:
    with pytest.raises(pack.Damaged):
        pack.opened(data)


def test_pack__with_another_digest__refused() -> None:
    with pytest.raises(pack.Damaged, match="digest"):
        pack.opened(pack.packed(tenant_id="t", archive_id="a", at="x", lines=[]), digest="sha256:0")
