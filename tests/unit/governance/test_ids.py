from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from governance.ids import first_id, new_id

moments = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_new_id__is_a_version_7_uuid_of_that_millisecond(at: datetime) -> None:
    made = new_id(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(at.timestamp() * 1000)


@given(moments, st.integers(1, 10**9))
def test_new_id__sorts_by_time(at: datetime, later: int) -> None:
    if at.year < 9998:
        assert new_id(at) < new_id(at + timedelta(milliseconds=later))
        assert str(new_id(at)) < str(new_id(at + timedelta(milliseconds=later)))


def test_new_id__differs_within_one_millisecond() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    assert len({new_id(at) for _ in range(2000)}) == 2000


def test_new_id__does_not_care_about_the_zone() -> None:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert new_id(at).int >> 80 == new_id(at.astimezone(timezone(timedelta(hours=-7)))).int >> 80


@given(moments)
def test_first_id__parts_what_is_made_in_a_millisecond_from_what_was_before(at: datetime) -> None:
    assert first_id(at) <= new_id(at) < first_id(at + timedelta(milliseconds=2))
    assert new_id(at - timedelta(milliseconds=2)) < first_id(at)
