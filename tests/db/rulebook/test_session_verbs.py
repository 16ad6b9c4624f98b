from __future__ import annotations

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.rulebook import sentences
from governance.rulebook import session_actions as actions
from governance.rulebook.models import SessionRule
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.rulebook.sessions import NAME, READ, add, agent, decided, in_force, recorded, texts, tray


def test_update__enforced_and_guidance__both_kept_in_order_and_recorded() -> None:
    cast = make.cast()
    add(cast.bo, "no external network calls")
    add(cast.ada, "prefer unit tests over integration tests")
    found = tray(cast.uma)
    assert [(rule.number, rule.text, rule.effect, rule.added_by) for rule in found.rules] == [
        (1, "no external network calls", "forbids network.*, api.*, http.* when external", cast.bo.actor.name),
        (2, "prefer unit tests over integration tests", "", cast.ada.actor.name),
    ]
    assert recorded(cast.bo) == ["update", "update"]
    force = in_force(cast.bo)
    assert force.guidance == ("prefer unit tests over integration tests",)
    assert [rule.id for rule in force.theory.rules] == [
        f"session/{NAME}/1",
        f"session/{NAME}/1.2",
        f"session/{NAME}/1.3",
    ]
    assert {rule.weight for rule in force.theory.rules} == {600}
    assert {rule.enacted_at for rule in force.theory.rules} == {make.AT}


def test_update__same_sentence_again__no_second_rule_and_the_hour_begins_anew() -> None:
    cast = make.cast()
    first = add(cast.bo, "no network calls")
    again = add(cast.ada, "  no   network calls ", at=make.later(50))
    assert (again.is_new, again.rule.id) == (False, first.rule.id)
    assert texts(cast.bo, at=make.later(109)) == ["no network calls"]
    assert recorded(cast.bo) == ["update"]


def test_update__51st__pushes_the_first_one_out() -> None:
    cast = make.cast()
    for number in range(50):
        add(cast.bo, f"keep note {number}")
    made = add(cast.bo, "keep note 50")
    assert [(end.rule, end.because) for end in made.evicted] == [("keep note 0", "evicted")]
    assert texts(cast.bo) == [f"keep note {number}" for number in range(1, 51)]
    assert decided(cast.bo) == [("keep note 0", "evicted")]
    assert decided(cast.bo) == [], "told once"


def test_update__many_at_once__never_more_than_fifty_and_the_first_ones_fall_out() -> None:
    cast = make.cast()
    for number in range(48):
        add(cast.bo, f"keep note {number}")
    told = at_once([lambda n=n: add(cast.bo, f"new {n}") for n in range(6)])  # type: ignore[misc]
    assert all(one.refusal is None for one in told)
    kept = texts(cast.bo)
    assert len(kept) == 50 and kept[:44] == [f"keep note {number}" for number in range(4, 48)]
    assert sorted(end.rule for one in told for end in one.result.evicted) == [f"keep note {n}" for n in range(4)]


def test_update__same_sentence_at_once__one_rule() -> None:
    cast = make.cast()
    told = at_once([lambda: add(cast.bo, "no network calls")] * 4)
    assert sorted(one.result.is_new for one in told) == [False, False, False, True]
    assert texts(cast.bo) == ["no network calls"]


def test_another_tenants_session_of_the_same_name__is_another() -> None:
    cast, stranger = make.cast(), make.stranger()
    rule = add(cast.bo, "no network calls").rule
    assert texts(stranger) == [] and in_force(stranger).texts == ()
    add(stranger, "no payroll.*")
    assert texts(cast.bo) == ["no network calls"] and texts(stranger) == ["no payroll.*"]
    for verb, more in ((actions.revoke_rule, {}), (actions.extend_rule, {"minutes": 15})):
        with pytest.raises(NotFound):
            verb(scope=stranger, session=NAME, rule_id=rule.id, at=make.AT, **more)
    actions.reset_session(scope=stranger, session=NAME, at=make.AT)
    assert texts(cast.bo) == ["no network calls"]


@pytest.mark.parametrize("who", ["uma", "tess", "mel"])
def test_update__role_that_proposes_nothing__refused_and_recorded(who: str) -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed, match="to add a session rule"):
        add(getattr(cast, who), "no network calls")
    assert texts(cast.bo) == []


@pytest.mark.parametrize("who", ["uma", "tess", "mel"])
def test_loosening__role_that_rolls_nothing_back__refused(who: str) -> None:
    cast = make.cast()
    rule = add(cast.bo, "no network calls").rule
    with pytest.raises(NotAllowed):
        actions.reset_session(scope=getattr(cast, who), session=NAME, at=make.AT)
    with pytest.raises(NotAllowed):
        actions.revoke_rule(scope=getattr(cast, who), session=NAME, rule_id=rule.id, at=make.AT)
    assert texts(cast.bo) == ["no network calls"]


def test_agent__adds_to_its_own_session_and_loosens_nothing() -> None:
    cast = make.cast()
    clay = agent(cast)
    rule = add(clay, "no network calls").rule
    assert tray(cast.bo).system == "clay-consigliere"
    for refused in (
        lambda: actions.reset_session(scope=clay, session=NAME, at=make.AT),
        lambda: actions.revoke_rule(scope=clay, session=NAME, rule_id=rule.id, at=make.AT),
        lambda: actions.extend_rule(scope=clay, session=NAME, rule_id=rule.id, minutes=15, at=make.AT),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_agent__sessions_of_people_and_of_other_systems__refused() -> None:
    cast = make.cast()
    register_system(
        scope=cast.bo, name="memvid", type=SystemType.AGENT, constitution={**make.CLAY, "skill": "memvid"}, at=make.AT
    )
    clay, other = agent(cast), agent(cast, system="memvid")
    add(clay, "no network calls", session="of-clay")
    add(cast.bo, "no network calls", session="of-people")
    add(cast.bo, "no network calls", session="for-memvid", system="memvid")
    for scope, session in ((other, "of-clay"), (clay, "of-people"), (clay, "for-memvid")):
        with pytest.raises(actions.NotItsSession):
            add(scope, "no payroll.*", session=session)
    assert add(other, "no payroll.*", session="for-memvid").is_new


def test_agent__that_only_reads__adds_nothing() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed, match="propose"):
        add(agent(cast, READ), "no network calls")


def test_agent__pushes_out_its_own_rules_and_never_a_persons() -> None:
    cast = make.cast()
    clay = agent(cast)
    add(clay, "keep note 0")
    for number in range(49):
        add(cast.bo, f"rule {number}")
    assert [end.rule for end in add(clay, "keep note 1").evicted] == ["keep note 0"]
    assert [end.rule for end in add(clay, "keep note 2").evicted] == ["keep note 1"]
    add(cast.bo, "keep note 2")
    assert tray(cast.bo).rules[-1].added_by == cast.bo.actor.name, "a person who says it too makes it theirs"
    with pytest.raises(actions.SessionFull):
        add(clay, "keep note 3")
    assert texts(cast.bo) == [*(f"rule {number}" for number in range(49)), "keep note 2"]


def test_reset__to_nothing_and_to_other_rules__recorded_and_not_told() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    added, ended = actions.reset_session(
        scope=cast.bo, session=NAME, rules=["new rule 1", "new rule 2", "new rule 1"], at=make.AT
    )
    assert [rule.text for rule in added] == ["new rule 1", "new rule 2"]
    assert [end.rule for end in ended] == ["no network calls"]
    assert texts(cast.bo) == ["new rule 1", "new rule 2"]
    actions.reset_session(scope=cast.bo, session=NAME, at=make.AT)
    assert texts(cast.bo) == [] and decided(cast.bo) == []
    assert actions.reset_session(scope=cast.bo, session=NAME, at=make.AT) == ([], [])
    assert actions.reset_session(scope=cast.bo, session="nobody-s", at=make.AT) == ([], [])
    assert recorded(cast.bo) == ["update", "reset", "reset"]


def test_reset__one_bad_sentence_or_too_many__leaves_what_was() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    with pytest.raises(sentences.NotASentence):
        actions.reset_session(scope=cast.bo, session=NAME, rules=["fine", "not\x00fine"], at=make.AT)
    with pytest.raises(actions.SessionFull):
        actions.reset_session(scope=cast.bo, session=NAME, rules=[f"r {n}" for n in range(51)], at=make.AT)
    assert texts(cast.bo) == ["no network calls"]


def test_revoke__a_second_time__refused() -> None:
    cast = make.cast()
    rule = add(cast.bo, "no network calls").rule
    actions.revoke_rule(scope=cast.ada, session=NAME, rule_id=rule.id, at=make.later())
    assert texts(cast.bo, at=make.later()) == [] and decided(cast.bo, at=make.later()) == []
    with pytest.raises(actions.RuleEnded):
        actions.revoke_rule(scope=cast.ada, session=NAME, rule_id=rule.id, at=make.later(2))
    assert [(one.text, one.label) for one in tray(cast.bo, at=make.later()).ended] == [("no network calls", "Revoked")]


def test_revoke__two_at_once__one_does_it() -> None:
    cast = make.cast()
    rule = add(cast.bo, "no network calls").rule
    told = at_once([lambda: actions.revoke_rule(scope=cast.ada, session=NAME, rule_id=rule.id, at=make.AT)] * 2)
    assert sorted(one.refusal is None for one in told) == [False, True]
    assert recorded(cast.bo, "revoke") == ["revoke"]


def test_extend__outlives_the_hour_and_never_shortens() -> None:
    cast = make.cast()
    rule = add(cast.bo, "no network calls").rule
    add(cast.bo, "no payroll.*")
    actions.extend_rule(scope=cast.bo, session=NAME, rule_id=rule.id, minutes=15, at=make.AT)
    assert texts(cast.bo, at=make.later(74)) == ["no network calls"]
    assert in_force(cast.bo, at=make.later(74)).texts != ()
    assert texts(cast.bo, at=make.later(75)) == []
    decided(cast.bo, at=make.later(30))
    assert texts(cast.bo, at=make.later(89)) == ["no network calls", "no payroll.*"], "the later of the two ends counts"
    with pytest.raises(actions.TooFar):
        actions.extend_rule(scope=cast.bo, session=NAME, rule_id=rule.id, minutes=90, at=make.AT)
    with pytest.raises(actions.TooFar, match="Promote it"):
        for _ in range(25):
            actions.extend_rule(scope=cast.bo, session=NAME, rule_id=rule.id, minutes=60, at=make.later(30))


def test_names_and_sentences__outside_the_grammar__refused() -> None:
    cast = make.cast()
    for session in ("", "a b", "../etc", "x" * 101):
        with pytest.raises(Invalid):
            add(cast.bo, "no network calls", session=session)
    with pytest.raises(sentences.NotASentence):
        add(cast.bo, "x" * 10_000)
    with in_tenant(cast.tenant.id):
        assert not SessionRule.objects.exists()


def test_update__system_of_an_open_session__stays() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    with pytest.raises(Invalid, match="open already"):
        add(cast.bo, "no payroll.*", system="clay-consigliere")
    with pytest.raises(NotFound):
        add(cast.bo, "no payroll.*", session="other", system="nobody")
