"""The constitution of clay-consigliere in force decides how the very next request is routed."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution.diff import Effect, changes
from governance.constitution.sentence import describe
from governance.registry.models import Status
from routing.router import vetoes
from routing.router.ranking import Source
from tests import factories as make
from tests.db.router import desk

PAYROLL = "Process the payroll PDFs of March"
ODD = "What is the boiling point of tungsten?"


@pytest.fixture(autouse=True)
def _only_the_router_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vetoes, "_checks", {})


def tenant(**rules: Any) -> make.Cast:
    constitution = make.CLAY | ({"routing_rules": rules} if rules else {})
    cast = make.cast(constitution=constitution)
    desk.system(cast, "domicile", "payroll", description="Payroll processing, PDF extraction, compliance audits")
    desk.system(cast, "helpdesk", "handle_request", description="Answers colleagues")
    desk.embedded(cast)
    return cast


def test_threshold__an_amendment_of_it__is_obeyed_by_the_very_next_choice() -> None:
    cast = tenant()
    before = desk.chosen(cast.bo, PAYROLL)
    assert (before.threshold, before.is_in_scope) == (0.7, True)
    make.applied(cast, routing_confidence_threshold=0.9)
    after = desk.chosen(cast.bo, PAYROLL)
    assert (after.threshold, after.is_in_scope, after.router) == (0.9, before.confidence >= 0.9, cast.system.name)


def test_retries_and_delay__amended__stand_in_the_next_choice() -> None:
    cast = tenant()
    assert (desk.chosen(cast.bo, PAYROLL).max_retries, desk.chosen(cast.bo, PAYROLL).fallback_delay_ms) == (3, 500)
    make.applied(cast, routing_rules={"max_retries": 1}, fallback_delay_ms=200)
    after = desk.chosen(cast.bo, PAYROLL)
    assert (after.max_retries, after.fallback_delay_ms) == (1, 200)


def test_fallback_off__an_amendment__leaves_no_alternatives() -> None:
    cast = tenant()
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "helpdesk", action="payroll")
    assert [one.name for one in desk.chosen(cast.bo, PAYROLL).alternatives] == ["helpdesk"]
    make.applied(cast, routing_rules={"fallback_enabled": False})
    found = desk.chosen(cast.bo, PAYROLL)
    assert found.chosen is not None and not found.alternatives
    assert desk.vetoes(found, "helpdesk") == ["no_fallback"]


def test_fallback_system__takes_what_is_out_of_scope__and_it_is_said() -> None:
    found = desk.chosen(tenant(fallback_system="helpdesk").bo, ODD)
    assert found.chosen is not None and (found.chosen.name, found.chosen.source) == ("helpdesk", Source.DEFAULT)
    assert not found.is_in_scope
    assert found.sentence.startswith("Out of scope") and "helpdesk gets it" in found.sentence


def test_fallback_system__not_active__is_vetoed_with_a_sentence() -> None:
    cast = tenant(fallback_system="helpdesk")
    make.status(cast.bo, "helpdesk", Status.DEPRECATED)
    found = desk.chosen(cast.bo, ODD)
    assert found.chosen is None and desk.vetoes(found, "helpdesk") == ["status"]
    assert found.sentence.endswith(
        "The fallback system cannot get it: helpdesk is deprecated: only active systems get new work."
    )


def test_fallback_system__that_does_not_exist__is_said() -> None:
    found = desk.chosen(tenant(fallback_system="nobody").bo, ODD)
    assert found.chosen is None and found.sentence.endswith("The fallback system nobody does not exist.")


def test_router__deprecated__its_constitution_is_obeyed_no_more() -> None:
    cast = tenant(fallback_system="helpdesk", max_retries=9)
    make.status(cast.bo, cast.system.name, Status.DEPRECATED)
    found = desk.chosen(cast.bo, ODD)
    assert (found.router, found.max_retries, found.chosen) == ("", 3, None)


def test_rule__its_action__is_for_the_system_it_recommends_alone() -> None:
    cast = tenant()
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "helpdesk", action="payroll")
    found = desk.chosen(cast.bo, PAYROLL)
    asked = {one.name: one.action for one in found.candidates}
    assert asked == {"domicile": "payroll", "helpdesk": "handle_request"}


@pytest.mark.parametrize(
    ("old", "new", "effect", "said"),
    [
        (None, "helpdesk", Effect.EXPANDS, "requests that no system is sure of go to “helpdesk”"),
        ("helpdesk", "notion", Effect.EXPANDS, "go to “notion” instead of “helpdesk”"),
        ("helpdesk", None, Effect.TIGHTENS, "go to nobody; they went to “helpdesk”"),
    ],
)
def test_fallback_system__what_a_change_of_it_means(
    old: str | None, new: str | None, effect: Effect, said: str
) -> None:
    before, after = ({"routing_rules": {"fallback_system": name} if name else {}} for name in (old, new))
    (change,) = changes(before, after)
    assert change.effect == effect and said in describe(change).lower()
