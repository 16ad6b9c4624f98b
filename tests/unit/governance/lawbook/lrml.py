"""Short LegalRuleML documents for tests."""

from __future__ import annotations

HEAD = (
    '<lrml:LegalRuleML xmlns:lrml="http://docs.oasis-open.org/legalruleml/ns/v1.0/" xmlns:ruleml="http://ruleml.org/spec" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema">'
)


def document(statements: str, before: str = "") -> bytes:
    """A document with these statements."""
    return f"{HEAD}{before}<lrml:Statements>{statements}</lrml:Statements></lrml:LegalRuleML>".encode()


def statement(
    then: str, condition: str = "", *, key: str = "ps1", kind: str = "Prescriptive", strength: str = ""
) -> str:
    """A statement with one rule."""
    body = f"<ruleml:if>{condition}</ruleml:if>" if condition else ""
    rule = f'<ruleml:Rule key=":{key}-rule">{strength}{body}<ruleml:then>{then}</ruleml:then></ruleml:Rule>'
    return f'<lrml:{kind}Statement key="{key}">{rule}</lrml:{kind}Statement>'


def atom(name: str, *terms: str) -> str:
    return f'<ruleml:Atom><ruleml:Rel iri=":{name}"/>{"".join(terms)}</ruleml:Atom>'


def var(name: str) -> str:
    return f"<ruleml:Var>{name}</ruleml:Var>"


def number(value: object) -> str:
    return f'<ruleml:Data xsi:type="xs:decimal">{value}</ruleml:Data>'


def must(inner: str) -> str:
    return f"<lrml:Obligation>{inner}</lrml:Obligation>"


def must_not(inner: str) -> str:
    return f"<lrml:Prohibition>{inner}</lrml:Prohibition>"


def may(inner: str) -> str:
    return f"<lrml:Permission>{inner}</lrml:Permission>"
