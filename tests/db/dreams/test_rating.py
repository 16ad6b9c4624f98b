"""A change of words is compared by people, blind, before it may become an amendment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from dreams.cycles import promoting, rating
from dreams.cycles.models import Dream, DreamCycle, DreamRating
from dreams.cycles.plans import Written
from governance.errors import Invalid, NotAllowed, NotFound
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.db.routing.executions import desk as work

pytestmark = pytest.mark.usefixtures("database")
LATER = desk.NIGHT + timedelta(hours=6)


def dreamed(answer: work.Answer = desk.wordy) -> tuple[make.Cast, DreamCycle, Dream]:
    cast = desk.cast(answer, law=desk.WORDS)
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    return cast, cycle, desk.dreams(cast, cycle)[1]


def shown(cast: make.Cast, dream: Dream) -> list[rating.Blind]:
    with in_tenant(cast.tenant.id):
        return list(rating.blind(scope=cast.bo, dream_id=dream.id))


def rated(cast: make.Cast, dream: Dream, *, own: int, normal: int, count: int = rating.LEAST_RATED) -> None:
    for one in shown(cast, dream)[:count]:
        is_first = "Each and every" in str(one.first)
        first, second = (own, normal) if is_first else (normal, own)
        rating.rate(scope=cast.bo, dream_id=dream.id, request_key=one.request_key, first=first, second=second, at=LATER)


def test_words__cheaper_and_unrated__wait_for_people() -> None:
    cast, _cycle, dream = dreamed()
    assert (dream.verdict, dream.proposal_id) == ("promote", None), dream.because
    assert "compare 5 of its answers" in dream.not_proposed_because
    with pytest.raises(promoting.NotPromotable, match="0 have stars"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)


def test_words__liked__may_be_proposed_with_their_stars_as_evidence() -> None:
    cast, _cycle, dream = dreamed()
    rated(cast, dream, own=5, normal=3)
    proposal = promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)
    with in_tenant(cast.tenant.id):
        assert proposal.revisions.get().evidence["stars"] == "5.00 against 3.00, 5 pairs, blind"


def test_words__disliked__are_refused_with_the_stars() -> None:
    cast, _cycle, dream = dreamed()
    rated(cast, dream, own=2, normal=4)
    with pytest.raises(promoting.NotPromotable, match=r"2\.0 stars where today's have 4\.0"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)


def test_words__for_the_same_money__are_left_to_stars() -> None:
    cast, _cycle, dream = dreamed(desk.wordy_for_the_same)
    assert (dream.verdict, dream.rule) == ("hold", "waits_for_stars"), dream.because
    with pytest.raises(promoting.NotPromotable, match="0 have stars"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)
    assert any("1 change of words waits for your stars" in one for one in told(cast))


def test_words__better_in_five_answers__are_not_surely_better() -> None:
    cast, _cycle, dream = dreamed(desk.wordy_for_the_same)
    rated(cast, dream, own=4, normal=3)
    with pytest.raises(promoting.NotPromotable, match=r"4\.0 stars where today's have 3\.0: not surely better"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)


def test_words__surely_better__become_an_amendment_by_their_stars_alone() -> None:
    cast, _cycle, dream = dreamed(desk.wordy_for_the_same)
    rated(cast, dream, own=4, normal=3, count=25)
    with in_tenant(cast.tenant.id):
        assert rating.comparison(scope=cast.bo, dream_id=dream.id).can_propose
    evidence = promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)
    with in_tenant(cast.tenant.id):
        said = evidence.revisions.get().evidence
        assert not rating.comparison(scope=cast.bo, dream_id=dream.id).can_propose, "it is proposed already"
    assert said["improvement"] == "People gave its answers 4.00 stars where today's have 3.00, blind"


def test_words__as_good_as_todays__do_not_become_one() -> None:
    cast, _cycle, dream = dreamed(desk.wordy_for_the_same)
    rated(cast, dream, own=4, normal=4, count=25)
    with pytest.raises(promoting.NotPromotable, match="not surely better"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)


def told(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        return list(Notice.objects.filter(tenant_id=cast.tenant.id).values_list("sentence", flat=True))


def test_blind__order__is_tossed_by_the_plan_and_never_says_which_is_which() -> None:
    cast, cycle, dream = dreamed()
    plan = Written.of(bytes(cycle.plan)).plan
    found = shown(cast, dream)
    firsts = ["dream" if "Each and every" in str(one.first) else "normal" for one in found]
    assert firsts == [plan.goes_first(one.request_key) for one in found]
    assert set(firsts) == {"dream", "normal"}


def test_rate__a_second_time__revises_and_counts_once() -> None:
    cast, _cycle, dream = dreamed()
    rated(cast, dream, own=2, normal=4, count=1)
    rated(cast, dream, own=5, normal=4, count=1)
    with in_tenant(cast.tenant.id):
        row = DreamRating.objects.get(dream=dream)
        found = rating.stars_of(scope=cast.bo, dream_id=dream.id)
    assert (row.dream_stars, found.n, found.dream) == (5, 1, Decimal(5))
    assert shown(cast, dream)[0].given is not None


def test_rate__wrong_role_stranger_and_nonsense__are_refused() -> None:
    cast, _cycle, dream = dreamed()
    key = shown(cast, dream)[0].request_key
    other = make.cast()
    with pytest.raises(NotAllowed):
        rating.rate(scope=cast.uma, dream_id=dream.id, request_key=key, first=3, second=3, at=LATER)
    with pytest.raises(NotFound):
        rating.rate(scope=other.bo, dream_id=dream.id, request_key=key, first=3, second=3, at=LATER)
    with pytest.raises(Invalid):
        rating.rate(scope=cast.bo, dream_id=dream.id, request_key=key, first=6, second=3, at=LATER)
    with pytest.raises(NotFound, match="no two answers"):
        rating.rate(scope=cast.bo, dream_id=dream.id, request_key=str(uuid4()), first=3, second=3, at=LATER)
