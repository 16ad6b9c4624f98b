from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.drift.actions import set_state
from governance.errors import Invalid, NotFound
from governance.estop.actions import stop
from governance.registry.models import Status
from governance.tenancy import in_tenant
from routing.executions import choosing
from routing.router import vetoes
from routing.router.models import RoutingRule
from routing.router.ranking import Source, Veto
from tests import factories as make
from tests.db.router import desk

PAYROLL = "Process the payroll PDFs of March"


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.system(
        found, "domicile", "payroll", "compliance", description="Payroll processing, PDF extraction, compliance audits"
    )
    desk.system(found, "memvid", "video-memory", "semantic-search", description="Long memory of what was said and seen")
    desk.system(found, "notion", "read-pages", "write-pages", description="Reads and writes the firm's Notion pages")
    desk.embedded(found)
    return found


def test_choose__a_rule_like_the_request__decides_before_capabilities(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "memvid", "notion", action="video-memory")
    found = desk.chosen(cast.bo, PAYROLL)
    assert found.chosen is not None and found.chosen.name == "memvid"
    assert (found.chosen.source, found.rule, found.is_in_scope) == (Source.RULE, "Process payroll PDFs", True)
    assert found.chosen.action == "video-memory"


def test_choose__no_rule__the_fitting_capabilities(cast: make.Cast) -> None:
    found = desk.chosen(cast.bo, PAYROLL)
    assert found.chosen is not None
    assert (found.chosen.name, found.chosen.source) == ("domicile", Source.CAPABILITY)
    assert found.confidence >= found.threshold == 0.7


def test_choose__router__is_no_candidate_by_its_own_capabilities(cast: make.Cast) -> None:
    found = desk.chosen(cast.bo, PAYROLL)
    assert cast.system.name not in [one.name for one in found.candidates]
    assert found.router == cast.system.name


def test_choose__nothing_alike__is_out_of_scope_and_names_the_nearest(cast: make.Cast) -> None:
    found = desk.chosen(cast.bo, "What is the boiling point of tungsten?")
    assert not found.is_in_scope and found.chosen is None
    assert found.sentence.startswith("Out of scope") and found.candidates[0].name in found.sentence


def test_choose__threshold__comes_from_the_routers_constitution(cast: make.Cast) -> None:
    strict = make.cast(constitution=make.CLAY | {"routing_confidence_threshold": 1.0, "tunable": {}})
    desk.system(strict, "domicile", "payroll", description="Payroll processing")
    desk.embedded(strict)
    assert desk.chosen(strict.bo, PAYROLL).threshold == 1.0
    assert not desk.chosen(strict.bo, PAYROLL).is_in_scope


def test_choose__fallback_system__gets_what_nothing_else_is_sure_of() -> None:
    rules = {"fallback_enabled": True, "fallback_system": "helpdesk"}
    cast = make.cast(constitution=make.CLAY | {"routing_rules": rules})
    desk.system(cast, "helpdesk", "handle_request", description="Answers colleagues")
    desk.embedded(cast)
    found = desk.chosen(cast.bo, "What is the boiling point of tungsten?")
    assert found.chosen is not None and (found.chosen.name, found.chosen.source) == ("helpdesk", Source.DEFAULT)


def test_choose__wanted__is_the_only_candidate(cast: make.Cast) -> None:
    found = desk.chosen(cast.bo, PAYROLL, wanted="notion", action="read-pages")
    assert [one.name for one in found.candidates] == ["notion"] and found.chosen is not None
    with pytest.raises(NotFound):
        desk.chosen(cast.bo, PAYROLL, wanted="nobody")


def test_choose__empty_text__refused(cast: make.Cast) -> None:
    with pytest.raises(Invalid):
        desk.chosen(cast.bo, "  ")


def test_veto__deprecated_stopped_or_on_hold__the_alternative_gets_it(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid", action="payroll")
    for system in ("memvid", "notion"):
        assert "status" not in desk.vetoes(desk.chosen(cast.bo, PAYROLL), system)
    make.status(cast.bo, "domicile", Status.DEPRECATED)
    assert desk.vetoes(desk.chosen(cast.bo, PAYROLL), "domicile") == ["status"]
    set_state(scope=cast.bo, system_name="memvid", state="HOLD", reason="Odd answers.", at=make.later(2))
    stop(scope=cast.bo, system_name="notion", reason="It writes twice.", at=make.later(3))
    assert desk.vetoes(desk.chosen(cast.bo, PAYROLL), "memvid") == ["drift"]
    assert desk.vetoes(desk.chosen(cast.bo, PAYROLL, wanted="notion"), "notion") == ["estop"]


def test_veto__a_rule_denies__policy_with_its_sentence(cast: make.Cast) -> None:
    found = desk.chosen(cast.bo, PAYROLL, action="launch_rockets")
    assert desk.vetoes(found, "domicile") == ["policy"] and found.is_in_scope
    assert "cannot get it" in found.sentence


def test_veto__registered_by_another_slice__counts(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vetoes, "_checks", {})
    vetoes.register("money", lambda _, found, at: lambda: {one.system_id: Veto("budget", "No money.") for one in found})
    assert desk.vetoes(desk.chosen(cast.bo, PAYROLL), "domicile") == ["budget"]


def test_models__vectors_of_another_model__are_never_compared(cast: make.Cast) -> None:
    rule = desk.written(cast.bo, "Process payroll PDFs", "memvid", action="video-memory")
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.filter(id=rule.id).update(embedding_model="other@1", request_embedding=[1.0, 0.0, 0.0])
    found = desk.chosen(cast.bo, PAYROLL)
    assert all(one.source is not Source.RULE for one in found.candidates)
    desk.embedded(cast)
    assert desk.chosen(cast.bo, PAYROLL).rule == "Process payroll PDFs"


def test_stranger__sees_nothing_of_it(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile")
    assert desk.chosen(make.stranger(), PAYROLL).candidates == ()


def test_choice__is_json(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid", confidence=Decimal("0.9"))
    kept = json.loads(json.dumps(desk.chosen(cast.mel, PAYROLL).as_json()))
    assert kept["chosen"] == "domicile" and len(kept["candidates"]) >= 2


def test_choose__number_of_statements__does_not_follow_rules_or_systems(cast: make.Cast) -> None:
    def counted() -> int:
        desk.chosen(cast.bo, PAYROLL)
        with CaptureQueriesContext(connection) as found:
            desk.chosen(cast.bo, PAYROLL)
        return len(found)

    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid", action="payroll")
    few = counted()
    for number in range(12):
        desk.system(cast, f"payroll-{number}", "payroll", description="Payroll processing")
        desk.written(cast.bo, f"Payroll of branch {number}", f"payroll-{number}", "domicile", action="payroll")
    desk.embedded(cast)
    assert counted() == few + 1 <= 10, "one more for what rules name and is not among the nearest"


def test_reach__of_all_candidates__is_asked_in_one_statement(cast: make.Cast) -> None:
    assert "connector" in vetoes._checks, "RoutingConfig.ready registers what cannot be called"
    found = desk.chosen(cast.bo, PAYROLL).candidates
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as asked:
        choosing.out_of_reach(cast.bo, found, make.later(5))()
    assert len(found) > 1 and len(asked) == 1
