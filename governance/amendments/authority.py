"""Who must approve, and whether the type fits the change (seeds/000 Rules 2 and 3). Pure.

The seeds name who may approve each type. Beyond them, whatever expands (or cannot be classified) also needs a compliance
officer beside the operator, and a tenant may ask for more people, never for fewer (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals.quorum import Requirement
from governance.canonical import digest
from governance.constitution import schema, sense
from governance.constitution.diff import Change, Effect
from governance.scope import Role

MATRIX_VERSION = "2026-11"
_BY_TYPE = {
    AmendmentType.DREAM_PROMOTION: (Role.OPERATOR,),
    AmendmentType.MANUAL_UPDATE: (Role.OPERATOR,),
    AmendmentType.CAPABILITY_EXPANSION: (Role.OPERATOR,),
    AmendmentType.GOVERNANCE_TIGHTENING: (Role.COMPLIANCE,),
}
_BY_BASIS = {
    Basis.ORDINARY: (),
    Basis.COMPLIANCE: (Role.COMPLIANCE,),
    Basis.SECURITY_PATCH: (Role.SECURITY,),
    Basis.DATA_INTEGRITY: (Role.OPERATOR, Role.COMPLIANCE),
}
_EXPANSION = (Role.OPERATOR, Role.COMPLIANCE)
ROLL_BACK_ROLES = frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY})
PROPOSERS = {
    Basis.ORDINARY: frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY}),
    Basis.COMPLIANCE: frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.SECURITY}),
    Basis.SECURITY_PATCH: frozenset({Role.SECURITY}),
    Basis.DATA_INTEGRITY: frozenset({Role.OPERATOR, Role.COMPLIANCE}),
}


@dataclass(frozen=True, slots=True)
class TenantQuorum:
    """A tenant's wish for more: `count` people of `role` for a type, and an effect or any (`None`)."""

    type: AmendmentType
    effect: Effect | None
    role: Role
    count: int


def requirements(
    *, type: AmendmentType, basis: Basis, effect: Effect, quorums: Iterable[TenantQuorum] = ()
) -> tuple[Requirement, ...]:
    """The people an amendment needs. The requester picks nothing: it follows from type, basis and effect.

    A security patch belongs to the security team alone unless it expands something.
    """
    counts: dict[Role, int] = {}
    base = () if basis is Basis.SECURITY_PATCH else _BY_TYPE[type]
    extra = _EXPANSION if effect in (Effect.EXPANDS, Effect.UNCLASSIFIED) else ()
    for role in (*_BY_BASIS[basis], *base, *extra):
        counts[role] = 1
    for quorum in quorums:
        if quorum.type is type and quorum.effect in (None, effect):
            counts[quorum.role] = max(counts.get(quorum.role, 0), quorum.count)
    return tuple(Requirement(frozenset({role}), counts[role]) for role in Role if role in counts)


def roll_back_requirements(effect: Effect) -> tuple[Requirement, ...]:
    """One authorised person; two when undoing expands anything (DESIGN.md contract 3)."""
    return (Requirement(ROLL_BACK_ROLES, 2 if effect in (Effect.EXPANDS, Effect.UNCLASSIFIED) else 1),)


def policy_version(quorums: Iterable[TenantQuorum]) -> str:
    """The digest of the rules that say who must approve; part of what an approval is bound to."""
    rows = sorted(([q.type.value, q.effect.value if q.effect else "", q.role.value, q.count] for q in quorums), key=str)
    return digest({"matrix": MATRIX_VERSION, "quorums": rows})


def misfit(
    *, type: AmendmentType, changes: Sequence[Change], old: Mapping[str, Any], new: Mapping[str, Any]
) -> str | None:
    """Why this type does not fit this change, as a sentence; None when it fits."""
    if not changes:
        return "Nothing changes. Edit the constitution first."
    if type is AmendmentType.GOVERNANCE_TIGHTENING:
        loose = [change.pointer for change in changes if change.effect is Effect.EXPANDS]
        if loose:
            return (
                f"A governance tightening may not expand anything, and this does at {', '.join(loose[:5])}. Split it."
            )
    if type is AmendmentType.CAPABILITY_EXPANSION and not _added_capabilities(old, new):
        return "A capability expansion must add a capability, and this adds none. Use a manual update."
    if type is AmendmentType.DREAM_PROMOTION:
        return _outside_tunable(changes=changes, old=old)
    return None


def _added_capabilities(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return set(schema.capabilities_of(dict(new))) - set(schema.capabilities_of(dict(old)))


def _outside_tunable(*, changes: Sequence[Change], old: Mapping[str, Any]) -> str | None:
    """seeds/000 and DESIGN.md: a dream moves only declared tunables inside their bounds, never a protected pointer."""
    bounds, guarded = sense.tunable(dict(old)), sense.protected(dict(old))
    for change in changes:
        if any(sense.covers(guard, change.pointer) or sense.covers(change.pointer, guard) for guard in guarded):
            return f"A dream may never move {change.pointer}: it is protected."
        if change.pointer not in bounds:
            return f"A dream may only move tunable fields, and {change.pointer} is not one."
        if change.kind != "changed" or not sense.fits(change.new, bounds[change.pointer]):
            limits = ", ".join(f"{name} {value}" for name, value in sorted(bounds[change.pointer].items()))
            return f"The dream moves {change.pointer} outside its bounds ({limits})."
    return None
