"""The formats in which law arrives, by name. Pure: bytes in, a document of the law out."""

from __future__ import annotations

from typing import Final

from governance.errors import Invalid
from governance.lawbook import govmd, legalruleml, policy_toml
from governance.lawbook.translation import Clause, Document, Fault, decoded, refusal, said_by
from governance.policy import text
from governance.policy.errors import NotATheory

RULES: Final = "rules"
LABELS: Final = {
    govmd.FORMAT: "gov.md (Markdown)",
    policy_toml.FORMAT: "policy.toml",
    legalruleml.FORMAT: "LegalRuleML 1.0 (XML)",
    RULES: "Rules in the text format",
}
USUAL_NAMES: Final = {govmd.FORMAT: "gov.md", policy_toml.FORMAT: "policy.toml", legalruleml.FORMAT: "", RULES: ""}


class UnknownFormat(Invalid):
    """Law does not arrive in that format."""

    code = "unknown_format"


def translate(*, format: str, content: bytes) -> Document:
    """The file as a document of the law. Raises `BadLawFile` with every fault, `UnknownFormat`."""
    if format == govmd.FORMAT:
        return govmd.translate(content, parse=text.parse)
    if format == policy_toml.FORMAT:
        return policy_toml.translate(content, parse_body=text.body)
    if format == legalruleml.FORMAT:
        return legalruleml.translate(content, parse=text.parse)
    if format == RULES:
        return _rules(content)
    raise UnknownFormat(f"{format[:40]} is no format of law. Choose {', '.join(LABELS)}.")


def _rules(content: bytes) -> Document:
    written = decoded(content)
    try:
        text.parse(written)
    except NotATheory as error:
        raise refusal([Fault(said_by(error), error.line, error.column)]) from None
    return Document(format=RULES, title="Rules", authority="", clauses=(Clause("1", "Rules", "", written.rstrip()),))
