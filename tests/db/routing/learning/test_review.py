from __future__ import annotations

from decimal import Decimal

import pytest

from governance.errors import Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.registry.models import Status
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.learning.actions import (
    BadSetting,
    DecidedAlready,
    EvidenceMoved,
    NotDecided,
    RuleIsTheirs,
    SystemGone,
    accept,
    change_settings,
    refuse,
    take_back,
)
from routing.learning.models import RuleProposal, State
from routing.learning.settings import Settings, settings_of
from routing.router.actions import PatternTaken, Wish, edit_rule
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.router import desk as router
from tests.db.routing.learning import desk

LATER = make.later(61)


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def rule_of(scope: Scope) -> RoutingRule:
    with in_tenant(scope.tenant_id):
        return RoutingRule.objects.get(tenant_id=scope.tenant_id)


@pytest.mark.parametrize("name", ["bo", "tess"])
def test_accept__by_operator_or_admin__in_force_with_its_figures_and_on_the_ledger(name: str, cast: make.Cast) -> None:
    row = desk.proposed(cast)
    made = accept(scope=getattr(cast, name), proposal_id=row.id, revision=row.revision, at=LATER)
    rule = rule_of(cast.tars)
    assert made.state == State.ACCEPTED and made.rule_id == rule.id
    assert rule.auto_generated and rule.is_active and rule.request_pattern == row.pattern
    assert (rule.confidence_score, rule.success_rate) == (row.confidence_score, row.success_rate)
    assert (rule.based_on_executions, rule.action) == (60, "payroll")
    assert router.chosen(cast.bo, "Book a meeting room in Tulsa").rule == row.pattern
    with in_tenant(cast.tenant.id):
        entries = LedgerEntry.objects.filter(tenant_id=cast.tenant.id)
        assert entries.filter(action_name="learning.accept", subject=str(row.id)).count() == 1
        assert entries.filter(action_name="router.learn_rule", subject=str(rule.id)).count() == 1


@pytest.mark.parametrize("name", ["ada", "uma", "sam", "mel"])
def test_every_verb__without_the_role__refused(name: str, cast: make.Cast) -> None:
    scope, row = getattr(cast, name), desk.proposed(cast)
    with pytest.raises(NotAllowed):
        accept(scope=scope, proposal_id=row.id, at=LATER)
    with pytest.raises(NotAllowed):
        refuse(scope=scope, proposal_id=row.id, because="No.", at=LATER)
    with pytest.raises(NotAllowed):
        take_back(scope=scope, proposal_id=row.id, at=LATER)
    with pytest.raises(NotAllowed):
        change_settings(scope=scope, least_similar=20, likeness=Decimal("0.8"), is_automatic=True, at=LATER)


def test_every_verb__by_a_stranger__finds_nothing(cast: make.Cast) -> None:
    row, stranger = desk.proposed(cast), make.cast().bo
    with pytest.raises(NotFound):
        accept(scope=stranger, proposal_id=row.id, at=LATER)
    with pytest.raises(NotFound):
        refuse(scope=stranger, proposal_id=row.id, because="No.", at=LATER)
    with pytest.raises(NotFound):
        take_back(scope=stranger, proposal_id=row.id, at=LATER)
    assert desk.proposals(cast.tars)[0].state == State.WAITING


def test_every_verb__a_second_time__refused(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    accept(scope=cast.bo, proposal_id=row.id, at=LATER)
    with pytest.raises(DecidedAlready, match="accepted already by"):
        accept(scope=cast.cy, proposal_id=row.id, at=LATER)
    with pytest.raises(DecidedAlready):
        refuse(scope=cast.cy, proposal_id=row.id, because="No.", at=LATER)
    take_back(scope=cast.bo, proposal_id=row.id, at=LATER)
    with pytest.raises(NotDecided):
        take_back(scope=cast.bo, proposal_id=row.id, at=LATER)


def test_accept_and_refuse__two_at_once__one_of_them(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    told = at_once(
        [
            lambda: accept(scope=cast.bo, proposal_id=row.id, at=LATER),
            lambda: accept(scope=cast.tess, proposal_id=row.id, at=LATER),
            lambda: refuse(scope=cast.cy, proposal_id=row.id, because="No.", at=LATER),
        ]
    )
    assert sorted(type(one.refusal).__name__ for one in told) == ["DecidedAlready", "DecidedAlready", "NoneType"]


def test_accept__evidence_moved_since__refused(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    desk.done(cast.tars, desk.texts(10), status="failed", at=make.later(62))
    desk.learn(cast, nights=1, minutes=63)
    with pytest.raises(EvidenceMoved):
        accept(scope=cast.bo, proposal_id=row.id, revision=row.revision, at=make.later(64))


def test_accept__system_is_archived__refused(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    make.status(cast.bo, "domicile", Status.DEPRECATED)
    with pytest.raises(SystemGone, match="takes no new work"):
        accept(scope=cast.bo, proposal_id=row.id, at=LATER)


def test_accept__a_person_wrote_the_very_pattern__refused_and_theirs_is_untouched(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    router.written(cast.bo, row.pattern, "notion", minutes=61)
    with pytest.raises(PatternTaken):
        accept(scope=cast.bo, proposal_id=row.id, at=make.later(62))
    assert not rule_of(cast.tars).auto_generated and rule_of(cast.tars).is_active


@pytest.mark.parametrize("because", ["", "   ", "x" * 2_001, "a\x00b"])
def test_refuse__without_words__refused(because: str, cast: make.Cast) -> None:
    row = desk.proposed(cast)
    with pytest.raises(Invalid):
        refuse(scope=cast.bo, proposal_id=row.id, because=because, at=LATER)


def test_take_back__an_acceptance__the_rule_is_off_and_accepting_again_turns_it_on(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    first = accept(scope=cast.bo, proposal_id=row.id, at=LATER)
    assert take_back(scope=cast.cy, proposal_id=row.id, at=LATER).state == State.WAITING
    assert not rule_of(cast.tars).is_active
    again = accept(scope=cast.bo, proposal_id=row.id, at=LATER)
    assert again.rule_id == first.rule_id and rule_of(cast.tars).is_active


def test_take_back__a_refusal__waits_again(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    refuse(scope=cast.bo, proposal_id=row.id, because="No.", at=LATER)
    after = take_back(scope=cast.bo, proposal_id=row.id, at=LATER)
    assert (after.state, after.decided_by, after.because) == (State.WAITING, "", "")


def test_take_back__a_person_edited_the_rule__refused(cast: make.Cast) -> None:
    row = accept(scope=cast.bo, proposal_id=desk.proposed(cast).id, at=LATER)
    assert row.rule_id
    edit_rule(scope=cast.bo, rule_id=row.rule_id, wish=Wish(row.pattern, "notion"), at=LATER)
    with pytest.raises(RuleIsTheirs):
        take_back(scope=cast.bo, proposal_id=row.id, at=LATER)
    assert rule_of(cast.tars).is_active


def test_settings__kept_with_before_and_after__and_bounded(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        assert settings_of(scope=cast.uma) == Settings()
    for count in (30, 40):
        change_settings(scope=cast.tess, least_similar=count, likeness=Decimal("0.9"), is_automatic=True, at=LATER)
    with in_tenant(cast.tenant.id):
        found = settings_of(scope=cast.uma)
        assert (found.least_similar, found.likeness, found.is_automatic) == (40, Decimal("0.90"), True)
        entries = LedgerEntry.objects.filter(tenant_id=cast.tenant.id, action_name="learning.change_settings")
        assert entries.count() == 2
        assert not RuleProposal.objects.filter(tenant_id=cast.tenant.id).exists()
    with pytest.raises(BadSetting) as refusal:
        change_settings(scope=cast.bo, least_similar=4, likeness=Decimal("1.2"), is_automatic=False, at=LATER)
    assert [pointer for pointer, _ in refusal.value.problems] == ["/least_similar", "/likeness"]


def test_settings__two_at_once__the_later_holds(cast: make.Cast) -> None:
    told = at_once(
        [
            lambda n=n: change_settings(  # type: ignore[misc]
                scope=cast.bo, least_similar=n, likeness=Decimal("0.8"), is_automatic=False, at=LATER
            )
            for n in (20, 30)
        ]
    )
    assert [one.refusal for one in told] == [None, None]
    with in_tenant(cast.tenant.id):
        assert settings_of(scope=cast.uma).least_similar in {20, 30}
