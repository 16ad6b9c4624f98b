"""The rulebook's card on a system's page: what was decided lately, and what is left of the safety budget."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.rulebook import panel
from governance.rulebook.actions import decide
from governance.rulebook.models import StoredVerdict
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

NARROW: dict[str, Any] = {
    "name": "narrow",
    "capabilities": ["read"],
    "safety_budget": {"window": "daily", "denials": 2, "risk": 10},
}


@pytest.fixture
def cast(database: None) -> make.Cast:
    cast = make.cast()
    register_system(scope=cast.bo, name="narrow", type=SystemType.AGENT, constitution=NARROW, at=timezone.now())
    return cast


def ask(cast: make.Cast, action: str) -> None:
    decide(scope=cast.bo, system_name="narrow", action=action, facts={}, at=timezone.now())


def page(cast: make.Cast) -> str:
    return re.sub(r"\s+", " ", client_of(cast.uma).get("/systems/narrow/").content.decode())


def test_card__nobody_asked__says_so_and_what_the_budget_is(cast: make.Cast) -> None:
    text = page(cast)
    assert "Nobody asked what it may do." in text and "Denials 0 of 2" in text and "Risk 0 of 10" in text


def test_card__counts_lead_to_the_verdicts__and_a_spent_budget_says_until_when(cast: make.Cast) -> None:
    for action in ("read", "pay", "pay"):
        ask(cast, action)
    text = page(cast)
    assert 'outcome=deny">2</a>' in text and 'outcome=permit">1</a>' in text
    assert "Denials 2 of 2" in text and "Used up: it may only read until" in text


def test_card__every_figure__opens_exactly_the_verdicts_it_counts(cast: make.Cast) -> None:
    make.applied(cast, fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        asked_by_amendments = StoredVerdict.objects.filter(system=cast.system).count()
    decide(scope=cast.bo, system_name=cast.system.name, action="payroll", facts={}, at=timezone.now())
    text = client_of(cast.uma).get(f"/systems/{cast.system.name}/").content.decode()
    figures = re.findall(r'href="(/rulebook/verdicts/[^"]*outcome=\w+)">(\d+)</a>', text)
    assert asked_by_amendments and sorted(count for _, count in figures) == ["0", "0", "1"]
    for url, count in figures:
        opened = client_of(cast.uma).get(html.unescape(url)).content.decode()
        assert len(set(re.findall(r"/rulebook/verdicts/[0-9a-f-]{36}/", opened))) == int(count), url
    amendments = client_of(cast.uma).get("/rulebook/verdicts/?about=amendments").content.decode()
    assert len(set(re.findall(r"/rulebook/verdicts/[0-9a-f-]{36}/", amendments))) == asked_by_amendments


def test_card__what_amendments_asked_about_themselves__is_not_counted(cast: make.Cast) -> None:
    make.applied(cast, fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        assert panel.card(cast.uma, cast.system).total == 0


def test_card__costs_two_queries(cast: make.Cast) -> None:
    for _ in range(3):
        ask(cast, "read")
    with in_tenant(cast.tenant.id):
        system = System.objects.get(name="narrow")
        with CaptureQueriesContext(connection) as seen:
            assert panel.card(cast.uma, system).permitted == 3
    assert len(seen) == 2


def test_try__denied_because_nothing_permits_it__says_what_could(cast: make.Cast) -> None:
    text = client_of(cast.bo).get("/rulebook/try/", {"system": "narrow", "action": "fly"}).content.decode()
    assert "What could permit it" in text and "/amendments/propose/?system=narrow" in text
    allowed = client_of(cast.bo).get("/rulebook/try/", {"system": "narrow", "action": "read"}).content.decode()
    assert "What could permit it" not in allowed
