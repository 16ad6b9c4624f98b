from __future__ import annotations

import json
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.router.confidence import CURVES, Against, confidence
from routing.router.obeyed import Obeyed, obeyed
from routing.router.ranking import MOST, Candidate, Choice, Source, Veto, decided, ordered

# Nothing here is slow but the machine, now and then.
calm = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
IDS = [UUID(int=number) for number in range(6)]
reaches = st.lists(
    st.builds(
        lambda number, score, source, place: Candidate(IDS[number], f"s{number}", score, source, place=place),
        st.integers(0, 5),
        st.floats(0, 1).map(lambda score: round(score, 4)),
        st.sampled_from(list(Source)),
        st.integers(0, 3),
    ),
    max_size=20,
)
thresholds = st.floats(0, 1).map(lambda value: round(value, 2))
held = st.dictionaries(st.sampled_from(IDS), st.just([Veto("status", "It is deprecated.")]))
laws = st.builds(Obeyed, router=st.just("clay"), threshold=thresholds, may_fall_back=st.booleans())


def choice(found: list[Candidate], against: dict[UUID, list[Veto]], law: Obeyed) -> Choice:
    return decided(ordered(found, threshold=law.threshold), vetoes=against, obeyed=law, model="m", rule="r")


@calm
@given(reaches, held, laws)
def test_choice__chosen_has_no_veto_and_clears_the_threshold(found, against, law) -> None:  # type: ignore[no-untyped-def]
    made = choice(found, against, law)
    if made.chosen:
        assert made.chosen.system_id not in against
        assert made.is_in_scope or made.chosen.source is Source.DEFAULT
        assert made.chosen.score >= law.threshold or made.chosen.source in {Source.NAMED, Source.DEFAULT}
    assert made.sentence.endswith((".", "others."))
    json.dumps(made.as_json())


@calm
@given(reaches, held, laws)
def test_choice__each_system_once_and_none_is_lost(found, against, law) -> None:  # type: ignore[no-untyped-def]
    made = choice(found, against, law)
    ids = [one.system_id for one in made.candidates]
    assert len(ids) == len(set(ids)) and set(ids) == {one.system_id for one in found}


@calm
@given(reaches, held, laws)
def test_choice__out_of_scope__only_where_nothing_clears_the_threshold(found, against, law) -> None:  # type: ignore[no-untyped-def]
    cleared = [one for one in found if one.source is Source.NAMED or _clears(one, law)]
    made = choice(found, against, law)
    assert made.is_in_scope == bool(cleared)
    assert made.sentence.startswith("Out of scope") == (not cleared)


def _clears(one: Candidate, law: Obeyed) -> bool:
    return one.source is not Source.DEFAULT and one.score >= law.threshold


@calm
@given(reaches, held, laws)
def test_choice__fallback_off__no_alternatives(found, against, law) -> None:  # type: ignore[no-untyped-def]
    made = choice(found, against, law)
    assert law.may_fall_back or not made.alternatives


@calm
@given(reaches, thresholds, st.randoms())
def test_ordered__does_not_depend_on_the_order_of_ways(found, threshold, chance) -> None:  # type: ignore[no-untyped-def]
    mixed = list(found)
    chance.shuffle(mixed)
    assert [one.system_id for one in ordered(found, threshold=threshold)] == [
        one.system_id for one in ordered(mixed, threshold=threshold)
    ]


@calm
@given(reaches, laws)
def test_veto__on_the_first__the_next_is_chosen(found, law) -> None:  # type: ignore[no-untyped-def]
    made = choice(found, {}, Obeyed(router="clay", threshold=law.threshold))
    if len(made.alternatives) > 0:
        assert made.chosen is not None
        again = choice(found, {made.chosen.system_id: [Veto("estop", "Stopped.")]}, Obeyed(threshold=law.threshold))
        assert again.chosen == made.alternatives[0]


def test_ordered__a_rules_alternatives__stand_in_its_order() -> None:
    rule = uuid4()
    ways = [Candidate(IDS[n], f"s{9 - n}", 0.8, Source.RULE, rule_id=rule, place=n) for n in (2, 0, 1)]
    assert [one.place for one in ordered(ways, threshold=0.7)] == [0, 1, 2]


def test_ordered__many__the_best_are_kept() -> None:
    ways = [Candidate(uuid4(), f"s{n}", n / 100, Source.CAPABILITY) for n in range(50)]
    assert [one.score for one in ordered(ways, threshold=0.1)] == [n / 100 for n in range(49, 49 - MOST, -1)]


@calm
@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from([*CURVES, "another@1"]), st.sampled_from(list(Against)))
def test_confidence__never_falls_where_the_cosine_rises(one: float, other: float, model: str, against: Against) -> None:
    low, high = sorted((one, other))
    assert 0 <= confidence(low, model=model, against=against) <= confidence(high, model=model, against=against) <= 1
    assert confidence(1.0, model=model, against=against) == 1


def test_obeyed__the_sources_constitution() -> None:
    rules = {"confidence_threshold": 0.6, "fallback_enabled": False, "max_retries": 1, "fallback_system": "desk"}
    assert obeyed("clay", {"routing_rules": rules}) == Obeyed("clay", 0.6, False, 1, "desk")
    assert obeyed("clay", {"routing_rules": rules, "routing_confidence_threshold": 0.65}).threshold == 0.65
    assert obeyed("clay", {"fallback_delay_ms": 500}).fallback_delay_ms == 500
    assert obeyed("clay", {"routing_confidence_threshold": True, "routing_rules": []}) == Obeyed("clay")
