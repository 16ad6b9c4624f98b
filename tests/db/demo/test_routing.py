"""What a person would expect of ten requests to the demo's systems, under the demo's rules and its router's constitution."""

from __future__ import annotations

import pytest

from governance.tenancy import in_tenant
from routing.router.embedding import embed_rules, embed_systems
from routing.router.queries import Choice, choose
from tests.db.demo.conftest import END, Demo


@pytest.fixture
def embedded(oms: Demo) -> Demo:
    embed_rules(tenant_id=oms.tenant_id)
    embed_systems(tenant_id=oms.tenant_id)
    return oms


def asked(demo: Demo, text: str) -> Choice:
    scope = demo.scope("preston")
    with in_tenant(demo.tenant_id):
        return choose(scope=scope, text=text, at=END)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("Audit payroll compliance", "domicile-governance"),
        ("Process the payroll PDFs of March", "domicile-governance"),
        ("Please upload last month's payroll entries to BambooHR", "domicile-governance"),
        ("Read this text aloud in a friendly voice", "personaplex-7b"),
        ("What did we say about the budget in last week's meeting?", "memvid"),
        ("Find the recording where Maya showed the whiteboard", "memvid"),
        ("Write a page in Notion about the onboarding of Katie", "notion"),
        ("Open a ticket: my laptop does not start", "oms-concierge"),
        ("I want a refund for my train ticket", "oms-concierge"),
    ],
)
def test_request__goes_where_a_person_would_send_it(text: str, system: str, embedded: Demo) -> None:
    found = asked(embedded, text)
    nearest = next(one for one in found.candidates if not [v for v in one.vetoes if v.code == "below_threshold"])
    assert nearest.name == system, found.sentence


@pytest.mark.parametrize(
    "text",
    ["What is the boiling point of tungsten?", "Write me a poem about the sea", "Order pizza for the team", "Hello"],
)
def test_request__nobody_is_there_for__is_out_of_scope(text: str, embedded: Demo) -> None:
    assert not asked(embedded, text).is_in_scope


def test_router__is_clay_with_its_amended_threshold(embedded: Demo) -> None:
    found = asked(embedded, "Audit payroll compliance")
    stated = embedded.system("clay-consigliere").constitution["routing_confidence_threshold"]
    assert (found.router, found.threshold) == ("clay-consigliere", stated)
