"""Talking about an amendment: threads on a place, suggestions, ticks and looks. It decides nothing and is not on the ledger."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from django.db import connection

from governance.amendments import actions as amendments
from governance.amendments.actions.discuss import Wish
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import AmendmentPage, amendment_page
from governance.discussion.actions import AlreadySo
from governance.discussion.models import Comment, Tick
from governance.errors import Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make

PLACE = "/fallback_delay_ms"


def said(scope: Scope, proposal: AmendmentProposal, text: str = "Why?", **options: object) -> Comment:
    return amendments.comment(scope=scope, number=proposal.number, text=text, at=make.later(), **options)  # type: ignore[arg-type]


def page_of(scope: Scope, proposal: AmendmentProposal) -> AmendmentPage:
    with in_tenant(scope.tenant_id):
        return amendment_page(scope=scope, number=proposal.number, at=make.later())


def revised(cast: make.Cast, proposal: AmendmentProposal, **fields: object) -> AmendmentProposal:
    return amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.constitution_of(cast.bo), **fields),
        evidence={"reason": "Better."},
        why="smaller",
        at=make.later(2),
    )


def test_comment__stands_beside_the_change_it_is_about__and_the_ledger_does_not_grow() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    with in_tenant(cast.tenant.id):
        before = LedgerEntry.objects.count()
    first = said(cast.ada, proposal, pointer=PLACE)
    said(cast.bo, proposal, "Because.", thread_id=first.id)
    said(cast.cy, proposal, "As a whole it is fine.")
    talk = page_of(cast.ada, proposal).talk
    thread = talk.spots[0].threads[0]
    assert [(remark.author, remark.text) for remark in thread.remarks] == [
        (cast.ada.actor.name, "Why?"),
        (cast.bo.actor.name, "Because."),
    ]
    assert [thread.first.text for thread in talk.elsewhere] == ["As a whole it is fine."]
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.count() == before


def test_comment__tells_those_who_take_part_and_not_its_author() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    first = said(cast.ada, proposal, pointer=PLACE)
    said(cast.bo, proposal, "Because.", thread_id=first.id)
    with in_tenant(cast.tenant.id):
        told = dict(Notice.objects.filter(kind="comment").values_list("user_id", "sentence"))
    assert set(told) == {cast.bo.actor.user_id, cast.ada.actor.user_id}
    assert f"AMD-{proposal.number} on {PLACE}: “Why?”" in told[cast.bo.actor.user_id]


def test_comment__by_a_read_only_seat_or_a_stranger_or_about_nothing__refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    with pytest.raises(NotAllowed, match="read-only"):
        said(cast.uma, proposal)
    with pytest.raises(NotAllowed):
        said(cast.mel, proposal)
    with pytest.raises(NotFound):
        said(make.stranger(), proposal)
    with pytest.raises(NotFound):
        said(cast.ada, proposal, thread_id=uuid4())
    for options in ({"text": " "}, {"pointer": "no"}, {"suggestion": {"value": 1}}, {"revision": 2}):
        with pytest.raises(Invalid):
            said(cast.ada, proposal, **options)  # type: ignore[arg-type]


def test_comment__in_a_thread_of_another_amendment__not_found() -> None:
    cast = make.cast()
    one, other = make.proposed(cast), make.proposed(cast, persona_id="x")
    thread = said(cast.ada, one)
    with pytest.raises(NotFound):
        said(cast.ada, other, thread_id=thread.id)


def test_resolve_and_reopen__a_reply_stands_for_its_thread__twice_refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    first = said(cast.ada, proposal)
    reply = said(cast.bo, proposal, "Yes.", thread_id=first.id)
    amendments.resolve_comment(scope=cast.bo, number=proposal.number, comment_id=reply.id, at=make.later())
    assert page_of(cast.ada, proposal).talk.open_threads == 0
    with pytest.raises(AlreadySo, match=f"{cast.bo.actor.name} has resolved"):
        amendments.resolve_comment(scope=cast.ada, number=proposal.number, comment_id=first.id, at=make.later())
    amendments.reopen_comment(scope=cast.ada, number=proposal.number, comment_id=first.id, at=make.later())
    assert page_of(cast.ada, proposal).talk.open_threads == 1
    with pytest.raises(NotAllowed):
        amendments.resolve_comment(scope=cast.uma, number=proposal.number, comment_id=first.id, at=make.later())


def test_comment__of_an_older_revision__says_so() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    said(cast.ada, proposal, pointer=PLACE)
    revised(cast, proposal, fallback_delay_ms=300)
    page = page_of(cast.ada, proposal)
    assert page.revision.number == 2
    assert page.talk.spots[0].threads[0].first.revision == 1


def test_request_changes__carries_suggestions__its_proposer_finds_them() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    amendments.request_changes(
        scope=cast.cy,
        number=proposal.number,
        digest=make.digest_of(cast.bo, proposal),
        confirmation=make.confirmed(cast.cy, at=make.later()),
        note="Less of it.",
        wishes=[Wish(pointer=PLACE, value=400, text="Half way.")],
        at=make.later(),
    )
    found = page_of(cast.bo, proposal).talk.suggestions
    assert [(one.thread.pointer, one.remark.value, one.remark.text) for one in found] == [(PLACE, 400, "Half way.")]


def test_tick__belongs_to_one_person_and_one_revision__twice_is_once() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200, persona_id="x")
    for _ in range(2):
        amendments.tick(scope=cast.ada, number=proposal.number, pointer=PLACE, is_viewed=True, at=make.later())
    assert (page_of(cast.ada, proposal).talk.viewed, len(page_of(cast.ada, proposal).talk.spots)) == (1, 2)
    assert page_of(cast.cy, proposal).talk.viewed == 0
    amendments.tick(scope=cast.ada, number=proposal.number, pointer=PLACE, is_viewed=False, at=make.later())
    assert page_of(cast.ada, proposal).talk.viewed == 0
    amendments.tick(scope=cast.uma, number=proposal.number, pointer=PLACE, is_viewed=True, at=make.later())
    revised(cast, proposal, fallback_delay_ms=200, persona_id="x")
    assert page_of(cast.uma, proposal).talk.viewed == 0
    with pytest.raises(NotFound):
        amendments.tick(scope=make.stranger(), number=proposal.number, pointer=PLACE, is_viewed=True, at=make.later())


def test_tick__two_at_once__one_row() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)

    def go() -> None:
        amendments.tick(scope=cast.ada, number=proposal.number, pointer=PLACE, is_viewed=True, at=make.later())
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with in_tenant(cast.tenant.id):
        assert Tick.objects.count() == 1


def test_look__then_a_revision__the_page_shows_what_changed_since_the_one_that_was_seen() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200)
    assert page_of(cast.cy, proposal).is_new_to_reader
    digest = make.digest_of(cast.bo, proposal)
    assert amendments.look(scope=cast.cy, number=proposal.number, digest=digest, at=make.later())
    assert not page_of(cast.cy, proposal).has_changed
    revised(cast, proposal, fallback_delay_ms=300)
    revised(cast, proposal, fallback_delay_ms=350)
    page = page_of(cast.cy, proposal)
    assert page.has_changed and page.delta is not None
    assert (page.delta.since, len(page.delta.added), len(page.delta.dropped)) == (1, 1, 1)
    assert not page_of(cast.ada, proposal).has_changed, "nobody else is asked to look again"
    assert not amendments.look(scope=cast.cy, number=proposal.number, digest=digest, at=make.later())
    assert page_of(cast.cy, proposal).has_changed, "an old digest brings nothing up to date"
    current = make.digest_of(cast.bo, proposal)
    assert amendments.look(scope=cast.cy, number=proposal.number, digest=current, at=make.later())
    assert not page_of(cast.cy, proposal).has_changed
