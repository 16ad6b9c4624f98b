"""Taking on, letting go, handing over, putting off: it changes who looks, never who may decide."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from governance.amendments.kinds import AmendmentType
from governance.amendments.models import AmendmentProposal
from governance.approvals import desk, queries
from governance.approvals.actions import AlreadyDecided, OwnProposal
from governance.approvals.models import Assignment, Snooze
from governance.errors import Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once

LATER = make.AT + timedelta(hours=1)


def asked(cast: make.Cast, **options: object) -> UUID:
    proposal: AmendmentProposal = make.proposed(cast, **options)  # type: ignore[arg-type]
    assert proposal.request_id is not None
    return proposal.request_id


def question(scope: Scope, at: object = make.AT) -> queries.Question:
    with in_tenant(scope.tenant_id):
        (found,) = queries.waiting_for(scope=scope, at=at)  # type: ignore[arg-type]
    return found


def count(scope: Scope, at: object = make.AT) -> int:
    with in_tenant(scope.tenant_id):
        return queries.waiting_count(scope=scope, at=at)  # type: ignore[arg-type]


def entries(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return LedgerEntry.objects.count()


def test_take__question_of_my_role__in_my_hand_and_off_the_ledger() -> None:
    cast = make.cast()
    request_id, before = asked(cast), entries(cast)
    desk.take(scope=cast.cy, request_id=request_id, at=make.AT)
    assert question(cast.cy).holder_id == cast.cy.actor.user_id
    assert question(cast.cy).holder == "Cy"
    assert entries(cast) == before


def test_take__a_colleague_has_it__passes_to_the_one_who_takes_it() -> None:
    cast = make.cast()
    request_id = asked(cast, by=cast.sam, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=["voice"])
    for scope in (cast.cy, cast.ada):
        desk.take(scope=scope, request_id=request_id, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert Assignment.objects.get().user_id == cast.ada.actor.user_id


@pytest.mark.parametrize(
    ("who", "refusal"), [("bo", OwnProposal), ("ada", NotAllowed), ("uma", NotAllowed), ("mel", NotAllowed)]
)
def test_take__proposer_or_wrong_role__refused(who: str, refusal: type[Exception]) -> None:
    cast = make.cast()
    with pytest.raises(refusal):
        desk.take(scope=getattr(cast, who), request_id=asked(cast), at=make.AT)


def test_take__stranger__is_told_of_nothing() -> None:
    cast = make.cast()
    with pytest.raises(NotFound):
        desk.take(scope=make.stranger(), request_id=asked(cast), at=make.AT)


def test_take__decided_or_answered__refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    make.approve(cast.cy, proposal)
    with pytest.raises(AlreadyDecided):
        desk.take(scope=cast.cy, request_id=proposal.request_id, at=make.AT)  # type: ignore[arg-type]


def test_release__mine__in_nobodys_hand_and_a_second_time_refused() -> None:
    cast = make.cast()
    request_id = asked(cast)
    desk.take(scope=cast.cy, request_id=request_id, at=make.AT)
    desk.release(scope=cast.cy, request_id=request_id, at=make.AT)
    assert question(cast.cy).holder == ""
    with pytest.raises(desk.NotInHand):
        desk.release(scope=cast.cy, request_id=request_id, at=make.AT)


def test_hand_over__to_a_colleague__in_their_hand_and_they_are_told() -> None:
    cast = make.cast()
    dee, scope = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    request_id = asked(cast)
    desk.hand_over(scope=cast.cy, request_id=request_id, user_id=dee.id, at=make.AT)
    assert question(scope).holder_id == dee.id
    with in_tenant(cast.tenant.id):
        notice = Notice.objects.get(user_id=dee.id, key__contains=":assigned:")
    assert notice.url.startswith("/amendments/AMD-")
    assert "handed AMD-" in notice.sentence


@pytest.mark.parametrize("who", ["ada", "uma", "bo", "tess"])
def test_hand_over__to_somebody_who_could_not_answer__refused(who: str) -> None:
    cast = make.cast()
    with pytest.raises(desk.CannotAnswer):
        desk.hand_over(scope=cast.cy, request_id=asked(cast), user_id=cast.users[who].id, at=make.AT)


def test_hand_over__to_a_stranger__refused_like_nobody() -> None:
    cast, mallory = make.cast(), make.stranger()
    assert mallory.actor.user_id is not None
    with pytest.raises(desk.CannotAnswer, match="Nobody like that"):
        desk.hand_over(scope=cast.cy, request_id=asked(cast), user_id=mallory.actor.user_id, at=make.AT)


def test_snooze__for_an_hour__out_of_the_count_until_then() -> None:
    cast = make.cast()
    request_id = asked(cast)
    desk.snooze(scope=cast.cy, request_id=request_id, until=LATER, at=make.AT)
    assert question(cast.cy).snoozed_until == LATER
    assert (count(cast.cy), count(cast.cy, LATER)) == (0, 1)


def test_snooze__mine__colleagues_still_see_it() -> None:
    cast = make.cast()
    _, dee = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    desk.snooze(scope=cast.cy, request_id=asked(cast), until=LATER, at=make.AT)
    assert count(dee) == 1


def test_snooze__longer_than_it_is_due__ends_when_it_is_due() -> None:
    cast = make.cast()
    due = make.AT + timedelta(hours=3)
    request_id = asked(cast, effective_at=due)
    desk.snooze(scope=cast.cy, request_id=request_id, until=make.AT + timedelta(days=3), at=make.AT)
    with in_tenant(cast.tenant.id):
        assert Snooze.objects.get().until == due


def test_snooze__overdue__refused_and_stays_in_sight() -> None:
    cast = make.cast()
    due = make.AT + timedelta(hours=3)
    request_id = asked(cast, effective_at=due)
    late = due + timedelta(minutes=1)
    with pytest.raises(desk.Overdue):
        desk.snooze(scope=cast.cy, request_id=request_id, until=late + timedelta(hours=1), at=late)
    assert count(cast.cy, late) == 1


@pytest.mark.parametrize("until", [make.AT, make.AT - timedelta(hours=1), make.AT + timedelta(days=15)])
def test_snooze__past_or_too_far__refused(until: object) -> None:
    cast = make.cast()
    with pytest.raises(Invalid):
        desk.snooze(scope=cast.cy, request_id=asked(cast), until=until, at=make.AT)  # type: ignore[arg-type]


def test_snooze__again__the_last_one_counts_and_wake_ends_it() -> None:
    cast = make.cast()
    request_id = asked(cast)
    for hours in (1, 5):
        desk.snooze(scope=cast.cy, request_id=request_id, until=make.AT + timedelta(hours=hours), at=make.AT)
    assert question(cast.cy).snoozed_until == make.AT + timedelta(hours=5)
    desk.wake(scope=cast.cy, request_id=request_id, at=make.AT)
    desk.wake(scope=cast.cy, request_id=request_id, at=make.AT)
    assert count(cast.cy) == 1


def test_wake__stranger__not_found() -> None:
    cast = make.cast()
    with pytest.raises(NotFound):
        desk.wake(scope=make.stranger(), request_id=asked(cast), at=make.AT)


def test_two_take_it_at_once__one_has_it_in_hand() -> None:
    cast = make.cast()
    _, dee = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    request_id = asked(cast)
    told = at_once([partial(desk.take, scope=scope, request_id=request_id, at=make.AT) for scope in (cast.cy, dee)])
    assert [one.refusal for one in told] == [None, None]
    with in_tenant(cast.tenant.id):
        assert Assignment.objects.count() == 1


def test_taken_while_it_is_decided__one_outcome_each_and_nothing_hangs() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    _, dee = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    assert proposal.request_id is not None
    digest = make.digest_of(cast.cy, proposal)
    take = partial(desk.take, scope=dee, request_id=proposal.request_id, at=make.AT)
    decided, taken = at_once([partial(make.approve, cast.cy, proposal, digest=digest), take])
    assert decided.refusal is None
    assert taken.refusal is None or isinstance(taken.refusal, AlreadyDecided)


def test_snoozed_twice_at_once__one_snooze() -> None:
    cast = make.cast()
    request_id = asked(cast)
    nap = partial(desk.snooze, scope=cast.cy, request_id=request_id, until=LATER, at=make.AT)
    assert [one.refusal for one in at_once([nap, nap])] == [None, None]
    with in_tenant(cast.tenant.id):
        assert Snooze.objects.count() == 1
