"""LegalRuleML becomes rules; what cannot is listed. The mapping is the table of docs/law.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.lawbook.formats import translate
from governance.lawbook.translation import BadLawFile, Document
from tests.unit.governance.lawbook.lrml import atom, document, may, must, must_not, number, statement, var

CREDIT = (Path(__file__).parent / "data" / "credit.xml").read_bytes()


def read(content: bytes) -> Document:
    return translate(format="legalruleml", content=content)


def rules_of(content: bytes) -> list[str]:
    return [line for clause in read(content).clauses for line in clause.rules.split("\n")]


def test_the_credit_example_becomes_a_prohibition_with_its_penalty_and_a_permission_that_wins() -> None:
    found = read(CREDIT)
    assert [clause.number for clause in found.clauses] == ["ps1", "ps2"]
    assert found.clauses[0].rules == (
        'ps1: person => [F] trade_credit, pay_units(2000) (source "Credit Act s 29", authority "parliament", '
        'from "2026-01-01", until "2027-01-01")'
    )
    assert found.clauses[1].rules == "ps2: person, licensed => [P] trade_credit\nps2 > ps1"
    assert found.clauses[0].title == "Credit Act s 29"
    assert found.clauses[0].text == "Nobody trades in credit.\n\nJurisdiction: au."
    assert found.enacted_at == "2025-12-01T00:00:00Z"


def test_what_has_no_counterpart_is_listed_with_its_key_and_line() -> None:
    assert [text.split(":")[0] for text in read(CREDIT).untranslated] == ["Agents (line 13)", "pen2 (line 81)"]


def test_normal_serialization__reads_like_the_compact_one() -> None:
    compact = document(statement(must(atom("report")), f"<ruleml:And>{atom('a')}{atom('b')}</ruleml:And>"))
    normal = compact.decode()
    for node, edge in (("ruleml:Rule ", "lrml:hasTemplate"), ("lrml:PrescriptiveStatement ", "lrml:hasStatement")):
        name = node.strip()
        normal = normal.replace(f"<{node}", f"<{edge}><{node}").replace(f"</{name}>", f"</{name}></{edge}>")
    normal = normal.replace("<ruleml:Atom>", "<ruleml:formula><ruleml:Atom>").replace(
        "</ruleml:Atom>", "</ruleml:Atom></ruleml:formula>"
    )
    normal = normal.replace("<ruleml:Rel", "<ruleml:op><ruleml:Rel").replace(
        '"/></ruleml:Atom>', '"/></ruleml:op></ruleml:Atom>'
    )
    assert rules_of(normal.encode()) == rules_of(compact) == ["ps1: a, b => [O] report"]


def test_or__becomes_two_rules() -> None:
    assert rules_of(document(statement(must(atom("c")), f"<ruleml:Or>{atom('a')}{atom('b')}</ruleml:Or>"))) == [
        "ps1: a => [O] c",
        "ps1.2: b => [O] c",
    ]


def test_negations__strong_and_by_failure() -> None:
    body = f"<ruleml:And><ruleml:Neg>{atom('a')}</ruleml:Neg><ruleml:Naf>{atom('b')}</ruleml:Naf></ruleml:And>"
    assert rules_of(document(statement(must_not(atom("c")), body))) == ["ps1: ~a, not b => [F] c"]


def test_deontic_conditions() -> None:
    body = f"<ruleml:And>{must(atom('a'))}{may(atom('b'))}{must_not(atom('c'))}</ruleml:And>"
    assert rules_of(document(statement(must(atom("d")), body))) == ["ps1: [O] a, [P] b, [F] c => [O] d"]


def test_suborder_list__is_a_chain() -> None:
    then = f"<lrml:SuborderList>{must(atom('pay'))}{must(atom('fee'))}{must_not(atom('trade'))}</lrml:SuborderList>"
    assert rules_of(document(statement(then))) == ["ps1: => [O] pay, fee, ~trade"]


def test_violation__is_the_duty_in_force_and_broken() -> None:
    content = document(
        statement(must(atom("pay")), key="ps1")
        + statement(must(atom("fee")), '<lrml:Violation keyref="#ps1"/>', key="ps2")
    )
    assert rules_of(content)[1] == "ps2: [O] pay, ~pay => [O] fee"


def test_a_comparison_with_a_bound_variable_and_with_a_fact() -> None:
    over = f'<ruleml:Atom><ruleml:Rel iri="swrlb:greaterThan"/>{var("sum")}{number(500)}</ruleml:Atom>'
    bound = f"<ruleml:And>{atom('payment', var('sum'))}{over}</ruleml:And>"
    assert rules_of(document(statement(must(atom("check")), bound))) == ["ps1: payment(Sum), Sum > 500 => [O] check"]
    assert rules_of(document(statement(must(atom("check")), over))) == ["ps1: sum > 500 => [O] check"]


def test_arithmetic() -> None:
    half = f'<ruleml:Expr><ruleml:Fun iri=":divide"/>{var("sum")}{number(2)}</ruleml:Expr>'
    over = f'<ruleml:Atom><ruleml:Rel iri=":lessThan"/>{half}{number("10.5")}</ruleml:Atom>'
    assert rules_of(document(statement(must(atom("check")), over))) == ["ps1: sum / 2 < 10.5 => [O] check"]


@pytest.mark.parametrize(("tag", "arrow"), [("StrictStrength", "->"), ("DefeasibleStrength", "=>"), ("Defeater", "~>")])
def test_strength(tag: str, arrow: str) -> None:
    strength = f"<lrml:hasStrength><lrml:{tag}/></lrml:hasStrength>"
    content = document(statement(atom("adult"), atom("of_age"), kind="Constitutive", strength=strength))
    assert rules_of(content) == [f"ps1: of_age {arrow} adult"]


def test_factual_statement__is_a_strict_rule_without_a_body() -> None:
    member = atom("eu_member", '<ruleml:Ind iri=":de"/>')
    fact = f'<lrml:FactualStatement key="fs1"><lrml:hasTemplate>{member}'
    assert rules_of(document(f"{fact}</lrml:hasTemplate></lrml:FactualStatement>")) == ["fs1: -> eu_member(de)"]


def test_the_one_who_acts__is_left_out_only_where_every_rule_agrees() -> None:
    both = statement(must_not(atom("act", var("x"))), atom("minor", var("x")), key="ps1") + statement(
        must(atom("tell", var("y"))),
        f"<ruleml:And>{atom('minor', var('x'))}{atom('parent', var('y'), var('x'))}</ruleml:And>",
        key="ps2",
    )
    assert rules_of(document(both)) == [
        "ps1: minor(X) => [F] act(X)",
        "ps2: minor(X), parent(Y, X) => [O] tell(Y)",
    ]


def test_category__is_the_precedence_of_seeds_002() -> None:
    content = document(statement(must_not(atom("a")))).replace(
        b'<lrml:PrescriptiveStatement key="ps1"',
        b'<lrml:PrescriptiveStatement key="ps1" iri="tars:constitutional_prohibitions"',
    )
    assert rules_of(content) == ["ps1: => [F] a (weight 1000)"]
    content = content.replace(b"constitutional_prohibitions", b"general_permissions")
    assert rules_of(content) == ["ps1: => [F] a (weight 500)"]


def test_alternatives__only_the_chosen_rendering_is_law() -> None:
    pair = statement(must(atom("a")), key="ps1") + statement(must(atom("b")), key="ps2")
    members = '<lrml:hasAlternative keyref="#ps1"/><lrml:hasAlternative keyref="#ps2"/>'
    either = f'<lrml:Alternatives key="alt">{members}</lrml:Alternatives>'
    chosen = (
        '<lrml:Context key="c"><lrml:appliesAlternatives keyref="#alt"/><lrml:inScope keyref="#ps2"/></lrml:Context>'
    )
    found = read(document(pair, f"{chosen}{either}"))
    assert [clause.number for clause in found.clauses] == ["ps2"]
    assert found.untranslated == ("ps1 (line 1): another rendering is chosen.",)
    with pytest.raises(BadLawFile, match="Nothing in the document"):
        read(document(pair, either))


def test_a_bearer_who_is_one__binds_that_one() -> None:
    slot = '<ruleml:slot><lrml:Bearer iri=":controller"/><ruleml:Ind iri=":oms"/></ruleml:slot>'
    found = read(document(statement(must(slot + atom("keep")))))
    assert found.clauses[0].rules == 'ps1: => [O] keep (bearer "oms")'
    assert "role (controller) is not checked" in found.untranslated[0]


@pytest.mark.parametrize(
    ("then", "why"),
    [
        (f"<ruleml:Exists>{atom('a')}</ruleml:Exists>", "Exists cannot stand where an atom is needed"),
        (must(f"<ruleml:Or>{atom('a')}{atom('b')}</ruleml:Or>"), "Or cannot stand where an atom is needed"),
        (may(atom("a", "<ruleml:Plex/>")), "Plex cannot be an argument"),
        (must(atom("a\u200bb")), "invisible characters"),
        (f"<lrml:SuborderList>{must(atom('a'))}{may(atom('b'))}</lrml:SuborderList>", "cannot repair"),
        (must('<ruleml:Atom keyref="#nowhere"/>'), "leads nowhere"),
    ],
)
def test_a_statement_that_cannot_be_said__is_left_out_and_listed(then: str, why: str) -> None:
    found = read(document(statement(then) + statement(must(atom("z")), key="ps2")))
    assert [clause.number for clause in found.clauses] == ["ps2"]
    assert why in found.untranslated[0]
    assert found.untranslated[0].startswith("ps1 (line 1): ")
