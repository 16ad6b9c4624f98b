"""Hostile and broken XML: each a clear refusal with its line, quickly, with nothing read from outside."""

from __future__ import annotations

import pytest

from governance.lawbook.formats import translate
from governance.lawbook.translation import MAX_BYTES, BadLawFile
from tests.unit.governance.lawbook.lrml import HEAD, atom, document, must, statement

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<lolz>&c;</lolz>"""
OUTSIDE = b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<x/>'
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (BOMB, "Line 2: A document type, entities and references"),
        (OUTSIDE, "Line 2: A document type, entities and references"),
        (ENTITY, "A document type, entities and references"),
        (b"<a><b></a>", "Line 1, column 9: This is no XML: mismatched tag"),
        (
            b"not xml",
            "Line 1, column 1: This is no XML: syntax error. Mend it here, or choose the format that the file has.",
        ),
        (b"<html/>", "The root element is <html>"),
        (b'<LegalRuleML xmlns="http://example.org/other"/>', "The root element is <LegalRuleML>"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "This is no XML"),
        ((HEAD + "<lrml:Statements>" * 10_000).encode(), "nested more than 100 deep"),
        ((HEAD + "</lrml:LegalRuleML>").encode(), "Nothing in the document can be translated"),
        (b"<" * 100 + b" " * MAX_BYTES, "bytes and 10,485,760 is the most"),
        (document("<ruleml:x/>" * 200_001), "more than 200,000 elements"),
        (document(statement(must(atom("a"))) * 2), "The key ps1 is there twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_or_broken_xml__refused(content: bytes, why: str) -> None:
    with pytest.raises(BadLawFile) as refused:
        translate(format="legalruleml", content=content)
    assert why in refused.value.sentence


def test_a_formula_that_refers_to_itself__is_left_out() -> None:
    loop = '<ruleml:Neg key=":n"><ruleml:Neg keyref="#n"/></ruleml:Neg>'
    found = translate(
        format="legalruleml",
        content=document(statement(must(atom("b")), loop) + statement(must(atom("z")), key="ps2")),
    )
    assert [clause.number for clause in found.clauses] == ["ps2"]


def test_too_many_alternatives__left_out() -> None:
    either = f"<ruleml:Or>{atom('a')}{atom('b')}</ruleml:Or>"
    found = translate(
        format="legalruleml",
        content=document(
            statement(must(atom("c")), f"<ruleml:And>{either * 6}</ruleml:And>") + statement(must(atom("z")), key="ps2")
        ),
    )
    assert "more than 32 rules" in found.untranslated[0]
