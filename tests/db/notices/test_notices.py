"""Telling, reading, preferring."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.errors import NotAllowed, NotFound
from governance.notices import actions, queries
from governance.notices.actions import BadPreference, News
from governance.notices.models import Notice
from governance.notices.queries import Filter
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def tell(scope: Scope, *people: Scope, key: str = "news", **said: object) -> int:
    about = {"kind": "decided", "subject": "AMD-1", "sentence": "It happened.", "url": "/amendments/AMD-1/", **said}
    with in_tenant(scope.tenant_id):
        return actions.tell(scope=scope, user_ids=[person.person_id for person in people], key=key, at=make.AT, **about)  # type: ignore[arg-type]


def unread(scope: Scope) -> int:
    with in_tenant(scope.tenant_id):
        return queries.unread_count(scope)


def newest(scope: Scope) -> queries.Line:
    with in_tenant(scope.tenant_id):
        return queries.page_of(scope=scope, filter=Filter(), page=1).lines[0]


def test_tell__the_same_twice__is_one_notice(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, cast.bo)
    tell(cast.tars, cast.ada)
    assert (unread(cast.ada), unread(cast.bo)) == (1, 1)


def test_tell__whoever_did_it__is_not_told(cast: make.Cast) -> None:
    assert tell(cast.ada, cast.ada) == 0
    assert unread(cast.ada) == 0


def test_tell__the_same_from_two_at_once__is_one_notice_and_nobody_waits(cast: make.Cast) -> None:
    people = [cast.ada, cast.bo, cast.cy, cast.uma]
    at_once([partial(tell, cast.tars, *people), partial(tell, cast.tars, *reversed(people))])
    assert [unread(person) for person in people] == [1, 1, 1, 1]


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "amendments/"])
def test_tell__a_way_out_of_tars__is_a_bug(url: str, cast: make.Cast) -> None:
    with pytest.raises(ValueError, match="inside TARS"):
        tell(cast.tars, cast.ada, url=url)


def test_tell_all__many_news__cost_one_statement(cast: make.Cast) -> None:
    news = [
        News([cast.ada.person_id, cast.bo.person_id], "decided", f"n{number}", "AMD-1", "It happened.", "/")
        for number in range(20)
    ]
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as captured:
        assert actions.tell_all(scope=cast.tars, news=news, at=make.AT) == 40
    assert len([query for query in captured if "INSERT" in query["sql"]]) == 1


def test_mark_read__one__leaves_the_others(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, key="a")
    tell(cast.tars, cast.ada, key="b")
    assert actions.mark_read(scope=cast.ada, notice_id=newest(cast.ada).id, at=make.AT) == 1
    assert actions.mark_read(scope=cast.ada, notice_id=newest(cast.ada).id, at=make.AT) == 0
    assert unread(cast.ada) == 1


def test_mark_read__all_up_to_what_was_seen__leaves_what_came_since(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, key="a")
    seen = newest(cast.ada).id
    with in_tenant(cast.tenant.id):
        actions.tell(
            scope=cast.tars,
            user_ids=[cast.ada.person_id],
            kind="decided",
            key="b",
            subject="AMD-2",
            sentence="Later.",
            url="/",
            at=make.later(),
        )
    assert actions.mark_read(scope=cast.ada, up_to=seen, at=make.AT) == 1
    assert (unread(cast.ada), actions.mark_read(scope=cast.ada, at=make.AT), unread(cast.ada)) == (1, 1, 0)


def test_mark_read__somebody_elses__is_not_there(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada)
    notice = newest(cast.ada).id
    for other in (cast.bo, make.stranger()):
        with pytest.raises(NotFound):
            actions.mark_read(scope=other, notice_id=notice, at=make.AT)
    assert unread(cast.ada) == 1


def test_mark_read__by_tars__refused(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.mark_read(scope=cast.tars, at=make.AT)


def test_list__filters_by_kind_and_unread(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada, key="a", kind="stale")
    tell(cast.tars, cast.ada, key="b")
    actions.mark_read(scope=cast.ada, notice_id=newest(cast.ada).id, at=make.AT)
    with in_tenant(cast.tenant.id):
        shown = [
            len(queries.page_of(scope=cast.ada, filter=filter, page=1).lines)
            for filter in (Filter(), Filter(is_unread=True), Filter(kind="stale"), Filter(kind="nothing"))
        ]
    assert shown == [2, 1, 1, 0]


def test_preference__is_kept_and_changed(cast: make.Cast) -> None:
    actions.set_preference(scope=cast.ada, mail="daily", muted=["stale"], at=make.AT)
    actions.set_preference(scope=cast.ada, mail="none", muted=[], at=make.later())
    with in_tenant(cast.tenant.id):
        assert queries.preference_of(cast.ada) == queries.Preference(mail=queries.MailMode.NONE)
        assert queries.preference_of(cast.bo) == queries.Preference()


@pytest.mark.parametrize(("mail", "muted"), [("hourly", []), ("each", ["override"]), ("each", ["no such kind"])])
def test_preference__that_does_not_exist_or_must_not_be_muted__refused(
    mail: str, muted: list[str], cast: make.Cast
) -> None:
    with pytest.raises(BadPreference):
        actions.set_preference(scope=cast.ada, mail=mail, muted=muted, at=make.AT)


def test_put_away__old_news_is_read_and_not_mailed(cast: make.Cast) -> None:
    tell(cast.tars, cast.ada)
    assert actions.put_away(scope=cast.tars, before=make.AT, at=make.later()) == 0
    assert actions.put_away(scope=cast.tars, before=make.AT + timedelta(seconds=1), at=make.later()) == 1
    with in_tenant(cast.tenant.id):
        assert Notice.objects.get().mailed_at == make.later()
    with pytest.raises(NotAllowed):
        actions.put_away(scope=cast.ada, before=make.later(), at=make.later())


def test_one_notice__unknown_id__is_not_there(cast: make.Cast) -> None:
    with pytest.raises(NotFound):
        actions.mark_read(scope=cast.ada, notice_id=uuid4(), at=make.AT)
