"""Which precedence class a source's rules have, and how high they may reach by what they say. Pure.

The table of docs/rulebook.md, as data. A prohibition may be raised up to the constitutional class, for it only takes away;
a permission may not, or a constitution could outrank the law.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from governance.policy.errors import Finding
from governance.policy.precedence import Precedence, label_of
from governance.policy.rules import Rule, Theory
from governance.policy.terms import Modality
from governance.policy.verdict import Reason

RESERVED: Final = ("approved", "action")
"""Names that only TARS asserts."""
RESERVED_BELOW: Final = ("estop", "drift", "safety", "session", "system", "actor", "asset")
"""Names that only TARS asserts, with everything below them."""


OWN_PREFIXES: Final = ("TARS", "constitution", "session", "asset")
"""What qualifies rules that do not come from the law; no document of the law is called so."""


@dataclass(frozen=True, slots=True)
class SourceClass:
    """What one kind of source may say. `weight` is that of a rule which states none."""

    label: str
    weight: int
    forbids_up_to: int
    obliges_up_to: int
    permits_up_to: int


_TOP, _SAFETY, _LEGAL = Precedence.CONSTITUTIONAL_PROHIBITION, Precedence.SAFETY, Precedence.LEGAL
_OWN, _DOMAIN = Precedence.CONSTITUTION, Precedence.DOMAIN

CLASSES: Final[dict[str, SourceClass]] = {
    "legalruleml": SourceClass("LegalRuleML", _LEGAL, _TOP, _SAFETY, _LEGAL),
    "gov_md": SourceClass("gov.md", _LEGAL, _TOP, _SAFETY, _LEGAL),
    "rules": SourceClass("rules file", _DOMAIN, _TOP, _SAFETY, _LEGAL),
    "policy_toml": SourceClass("policy.toml", _DOMAIN, _OWN - 1, _OWN - 1, _OWN - 1),
    "constitution": SourceClass("constitution", _OWN, _TOP, _OWN, _OWN),
    "mandate": SourceClass("mandate", _DOMAIN, _OWN - 1, _OWN - 1, _OWN - 1),
    "session": SourceClass("session rule", _DOMAIN, _DOMAIN, _DOMAIN, 0),
}


def is_reserved(name: str) -> bool:
    """Whether only TARS may assert a fact of this name."""
    return name in RESERVED or name.partition(".")[0] in RESERVED_BELOW


def of_law(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The clauses of the law ("gov.md 7.3") among a verdict's reasons: nothing of TARS, a constitution, a session or an asset."""
    clauses = {one.source or one.rule for one in reasons if one.rule.partition("/")[0] not in OWN_PREFIXES}
    return tuple(sorted(clauses))


def findings(theory: Theory, *, source: str, prefix: str) -> tuple[Finding, ...]:
    """What a source says that is not its to say: rules above their class, facts that only TARS asserts, and rules under another
    source's name (`prefix` qualifies its own ids)."""
    known = CLASSES[source]
    return (*_too_high(theory.rules, known), *_usurped(theory), *_foreign(theory.rules, prefix))


def _foreign(rules: Iterable[Rule], prefix: str) -> Iterable[Finding]:
    """HAZARD: ids name rules in preferences and in verdicts; one that looks like another source's would be taken for it."""
    for rule in rules:
        if not rule.id.startswith(f"{prefix}/"):
            yield Finding(
                "foreign_id", f"{rule.id} does not belong to {prefix}. Leave out what stands before /.", (rule.id,)
            )


def _too_high(rules: Iterable[Rule], known: SourceClass) -> Iterable[Finding]:
    for rule in rules:
        most, what = _ceiling(rule, known)
        if rule.weight > most:
            allowed = f"at most {most} ({label_of(most)})" if most else "not allowed at all"
            yield Finding(
                "above_its_class",
                f"{rule.id} has the weight {rule.weight}; {what} in a {known.label} is {allowed}. Lower it.",
                (rule.id,),
            )


def _ceiling(rule: Rule, known: SourceClass) -> tuple[int, str]:
    if rule.head.modality is Modality.OBLIGATION:
        is_ban = rule.head.chain[0].is_negated
        return (known.forbids_up_to, "a prohibition") if is_ban else (known.obliges_up_to, "an obligation")
    what = "a permission" if rule.head.modality is Modality.PERMISSION else "a conclusion about facts"
    return known.permits_up_to, what


def _usurped(theory: Theory) -> Iterable[Finding]:
    for rule in theory.rules:
        name = rule.head.chain[0].atom.name
        if rule.head.modality is Modality.FACT and is_reserved(name):
            yield Finding(
                "reserved_name", f"{rule.id} concludes {name}, which only TARS asserts. Rename it.", (rule.id,)
            )
    for fact in theory.facts:
        if is_reserved(fact.atom.name):
            yield Finding("reserved_name", f"{fact.atom.name} is a fact that only TARS asserts. Rename it.")
