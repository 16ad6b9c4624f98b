"""What the law says to a change before anybody is asked, and again before it is applied.

A constitution whose rules cannot be read, contradict each other or contradict the law in force is refused with every finding; so
is a law that would do so to itself or to a system. And the rulebook is asked whether this amendment may happen at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from governance.amendments.models import AmendmentProposal
from governance.constitution import sense
from governance.constitution.diff import Change, changes, effect_of
from governance.errors import NotAllowed
from governance.policy import soundness, tiers
from governance.policy.errors import Finding, Unsound
from governance.policy.rules import Theory
from governance.policy.verdict import Outcome
from governance.registry.models import Status, System
from governance.rulebook import constitution_rules, gather, house_rules, law_document
from governance.rulebook.actions import decide_within
from governance.rulebook.gather import Gathered
from governance.rulebook.question import Question
from governance.scope import TARS, Scope, is_agent_name

MOST_SYSTEMS: Final = 200
"""Systems whose constitutions a new law is held against; the rest are held against it when they next change."""


class LawForbids(NotAllowed):
    """The rulebook's answer to this amendment is no."""

    code = "law_forbids"


def demand_lawful(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    system: System,
    new: dict[str, Any],
    at: datetime,
) -> None:
    """Raise `Unsound` for rules that cannot stand, `LawForbids` for an amendment that the rules in force forbid.

    That an approval is needed is no refusal: every amendment is a question to people. The answer is kept with the verdicts.
    """
    demand_sound_rules(scope=scope, system=system, new=new)
    found = changes(system.constitution, new)
    facts: dict[str, Any] = {
        "type": proposal.amendment_type,
        "basis": proposal.basis,
        "effect": effect_of(found).value,
        "by": _proposer(proposal),
        "target": system.name,
        "touches": _touches(found, system.constitution),
    }
    answer = decide_within(
        scope=scope,
        question=Question(system.name, constitution_rules.AMEND, facts),
        instead=partial(_readable, system=system, new=new),
        at=at,
    )
    if answer.verdict.outcome is Outcome.DENY:
        raise LawForbids(answer.verdict.sentence)


def _readable(found: Gathered, *, system: System, new: dict[str, Any]) -> dict[str, Any]:
    """The new document where the one that it replaces cannot be read, or that could never be mended."""
    if found.law.errors and system.name == law_document.SYSTEM_NAME:
        return {"law": new, "constitutions": {system.name: new}}
    return {"constitutions": {system.name: new}} if found.constitution.errors else {}


def demand_sound_rules(*, scope: Scope, system: System, new: dict[str, Any]) -> None:
    """Raise `Unsound` unless the rules of this constitution, or of this law, stand beside those in force."""
    found = (
        _of_law(scope, new) if system.name == law_document.SYSTEM_NAME else _of_constitution(scope, system.name, new)
    )
    if found:
        raise Unsound(found)


def _of_constitution(scope: Scope, system: str, new: dict[str, Any]) -> tuple[Finding, ...]:
    if found := constitution_rules.problems(new, system=system):
        return found
    law = gather.law_in_force(scope=scope)
    return _beside(law.theory, constitution_rules.theory_of(new, system=system))


def _of_law(scope: Scope, new: dict[str, Any]) -> tuple[Finding, ...]:
    if found := law_document.problems(new):
        return found
    law = law_document.theory_of(new)
    if found := (*soundness.findings(law), *tiers.findings(law)):
        return found
    return tuple(islice(_of_systems(scope, law), 20))


def _of_systems(scope: Scope, law: Theory) -> Iterator[Finding]:
    rows = System.objects.filter(tenant_id=scope.tenant_id, status=Status.ACTIVE).exclude(name=law_document.SYSTEM_NAME)
    for name, constitution in rows.order_by("name").values_list("name", "constitution")[:MOST_SYSTEMS]:
        if not constitution_rules.problems(constitution, system=name):
            yield from _beside(law, constitution_rules.theory_of(constitution, system=name))


def _beside(law: Theory, own: Theory) -> tuple[Finding, ...]:
    """What is wrong with a constitution's rules beside the law: only findings that name one of its own."""
    mine = {rule.id for rule in own.rules}
    whole = law_document.union((house_rules.theory(), law, own))
    return tuple(one for one in soundness.findings(whole) if not one.rules or mine & set(one.rules))


def _proposer(proposal: AmendmentProposal) -> str:
    if proposal.proposed_by == TARS.name:
        return "tars"
    return "agent" if is_agent_name(proposal.proposed_by) else "person"


def _touches(found: Iterable[Change], old: dict[str, Any]) -> list[str]:
    """What changes, everything above it (a rule about `/budgets` is about what lies in it), and protected places below it."""
    changed = {change.pointer for change in found}
    below = {place for place in sense.protected(old) for pointer in changed if sense.covers(pointer, place)}
    return sorted(below | {above for pointer in changed for above in _and_above(pointer)})


def _and_above(pointer: str) -> Iterator[str]:
    parts = pointer.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts) + 1))
