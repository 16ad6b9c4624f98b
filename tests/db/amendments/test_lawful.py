"""What the law says to an amendment: asked when it is proposed, and again when it is applied."""

from __future__ import annotations

from typing import Any

import pytest

from governance.amendments.actions.lawful import LawForbids
from governance.amendments.kinds import AmendmentType, State
from governance.ledger.models import LedgerEntry
from governance.policy.errors import Unsound
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.rulebook.actions import seal_due
from governance.rulebook.law_document import empty_law
from governance.rulebook.models import StoredVerdict
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.rulebook import sessions


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def law(cast: make.Cast, rules: str, *, clause: str = "7.3") -> None:
    """Put one clause of rules into force, the quick way: as the first version of the law."""
    document = empty_law()
    document["documents"]["gov.md"] = {
        "format": "gov_md",
        "title": "Rules of the house",
        "clauses": {clause: {"title": "Changes", "text": "Prose.", "rules": rules}},
    }
    register_system(scope=cast.bo, name="law", type=SystemType.UTILITY, constitution=document, at=make.AT)


def refusals(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        return list(LedgerEntry.objects.filter(event_type="refusal").values_list("action_name", flat=True))


def test_propose__the_law_forbids_it__refused_with_its_clause_and_on_the_ledger(cast: make.Cast) -> None:
    law(cast, 'r1: touches("/fallback_delay_ms") => [F] amend_constitution')
    with pytest.raises(LawForbids, match=r"gov\.md 7\.3"):
        make.proposed(cast, fallback_delay_ms=300)
    assert refusals(cast) == ["amendments.propose"]
    make.proposed(cast, routing_confidence_threshold=0.8)


def test_propose_and_apply__each_keeps_the_rulebook_s_answer__sealed_with_the_next(cast: make.Cast) -> None:
    make.applied(cast, fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        kept = list(StoredVerdict.objects.order_by("id"))
        assert [(row.action, row.outcome, row.sealed_in) for row in kept] == [
            ("amend_constitution", "permit", None)
        ] * 2
        assert {row.asked_by for row in kept} == {cast.bo.actor.name, cast.cy.actor.name}
    assert seal_due(scope=tars_scope(cast.tenant.id), at=make.AT) == 2


def test_propose__refused__its_answer_goes_with_it(cast: make.Cast) -> None:
    law(cast, "r1: => [F] amend_constitution")
    with pytest.raises(LawForbids):
        make.proposed(cast, fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        assert not StoredVerdict.objects.exists()


def test_propose__the_law_requires_approval__is_a_question_as_ever(cast: make.Cast) -> None:
    law(cast, "r1: => [O] approved(amend_constitution)")
    assert make.applied(cast, fallback_delay_ms=300).state == State.APPLIED


def test_approve__the_law_came_meanwhile__refused_and_nothing_applied(cast: make.Cast) -> None:
    proposal = make.proposed(cast, fallback_delay_ms=300)
    law(cast, 'r1: effect == "neutral" => [F] amend_constitution')
    with pytest.raises(LawForbids):
        make.approve(cast.cy, proposal)
    with in_tenant(cast.tenant.id):
        assert System.objects.get(id=cast.system.id).constitution_version == 1


@pytest.mark.parametrize(
    ("directive", "says"),
    [
        ("Never `r1: amount > => [F] refund`", "column"),
        ("Both `a: x => [F] refund` and `b: x => [P] refund (weight constitution)`", "constitution/a"),
        ("A circle `a: q => p` and `b: p => q`", "circle"),
        ("Above the law `a: => [P] refund (weight 1000)`", "1000"),
    ],
)
def test_propose__directive_with_unsound_rules__refused_with_the_finding(
    cast: make.Cast, directive: str, says: str
) -> None:
    with pytest.raises(Unsound) as refusal:
        make.proposed(cast, prime_directives=[*make.CLAY["prime_directives"], directive])
    assert any(says in finding.sentence for finding in refusal.value.findings)


def test_propose__directive_with_a_sound_rule__goes_ahead(cast: make.Cast) -> None:
    sound = "Refund with care: `amount > 100 => [O] approved(refund)`"
    assert make.proposed(cast, prime_directives=[*make.CLAY["prime_directives"], sound]).state == State.PROPOSED


def test_propose__law_that_contradicts_itself__refused_and_the_law_in_force_stays(cast: make.Cast) -> None:
    law(cast, "r1: => [F] delete")
    with in_tenant(cast.tenant.id):
        system = System.objects.get(name="law")
    document: dict[str, Any] = system.constitution
    document["documents"]["gov.md"]["clauses"]["7.4"] = {"title": "", "text": "", "rules": "r2: => [P] delete"}
    with pytest.raises(Unsound, match=r"gov\.md/r1.*gov\.md/r2"):
        make_law(cast, document)
    with in_tenant(cast.tenant.id):
        assert System.objects.get(name="law").constitution_version == 1


def make_law(cast: make.Cast, document: dict[str, Any]) -> None:
    from governance.amendments import actions as amendments
    from governance.amendments.kinds import Basis

    amendments.propose(
        scope=cast.bo,
        system_name="law",
        type=AmendmentType.MANUAL_UPDATE,
        basis=Basis.ORDINARY,
        constitution=document,
        evidence={"reason": "Order."},
        at=make.AT,
    )


def test_propose__a_constitution_that_cannot_be_read__can_still_be_mended() -> None:
    cast = make.cast(constitution=make.CLAY | {"prime_directives": ["Broken `x => => y`"]})
    with pytest.raises(Unsound):
        make.proposed(cast, fallback_delay_ms=300)
    assert make.proposed(cast, prime_directives=["Whole"]).state == State.PROPOSED


def test_propose__a_law_that_cannot_be_read__can_still_be_mended_and_nothing_else(cast: make.Cast) -> None:
    law(cast, "r1: => => delete")
    with pytest.raises(LawForbids, match="law in force cannot be read"):
        make.proposed(cast, fallback_delay_ms=300)
    make_law(cast, empty_law())


def test_propose__an_agent_on_a_protected_place__is_forbidden_also_from_above() -> None:
    document = make.CLAY | {"routing_rules": {"max_retries": 2}, "protected": ["/routing_rules/max_retries"]}
    cast = make.cast(constitution=document)
    agent = sessions.agent(cast)
    for rules in ({"max_retries": 3}, {}):
        with pytest.raises(LawForbids, match="protected"):
            make.proposed(cast, by=agent, routing_rules=rules)
        assert make.proposed(cast, routing_rules=rules).state == State.PROPOSED


def test_propose__more_changes_than_a_caller_may_name__is_asked_all_the_same(cast: make.Cast) -> None:
    extra = {f"a_rather_long_name_of_a_field_{number}": number for number in range(3000)}
    assert make.proposed(cast, notes=extra).state == State.PROPOSED
