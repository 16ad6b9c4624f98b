"""What a proposal would say and need if it were sent now. Reads only; the verb checks everything again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance import canonical
from governance.amendments import authority
from governance.amendments import evidence as evidence_rules
from governance.amendments.attachments import attached
from governance.amendments.evidence import Item
from governance.amendments.facts import base_moved, current_revision, requirements_of
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.comparison import Comparison, compared
from governance.amendments.queries.talk import KIND, Suggestion, suggestions_in
from governance.approvals.quorum import sentence as needs_sentence
from governance.constitution import patch, schema
from governance.constitution.merge import merge
from governance.constitution.patch import PatchFailed
from governance.constitution.wording import visible
from governance.discussion.queries import threads_of
from governance.errors import NotFound
from governance.files.queries import Attachment
from governance.registry.models import System, SystemVersion
from governance.scope import ROLE_LABELS, Capability, Role, Scope

Problems = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A constitution being written, looked at as the verb would look at it.

    `obstacles` are sentences about why it cannot be sent; `problems` are faults of the document by pointer.
    """

    comparison: Comparison | None = None
    needs: str = ""
    obstacles: tuple[str, ...] = ()
    problems: Problems = ()
    gaps: tuple[Item, ...] = ()

    @property
    def is_sendable(self) -> bool:
        return self.comparison is not None and not (self.obstacles or self.problems or self.gaps)


@dataclass(frozen=True, slots=True)
class Starting:
    """What a revision starts from: today's base, and the document with the proposal's changes carried over.

    `conflicts` are pointers where today's constitution won, because both sides changed them.
    """

    base_version: int
    document: dict[str, Any]
    revision: ProposalRevision
    conflicts: tuple[str, ...]
    is_carried: bool
    attachments: tuple[Attachment, ...] = ()
    taken: tuple[str, ...] = ()
    not_taken: tuple[str, ...] = ()


def found_system(*, scope: Scope, name: str) -> System:
    """A system by name; raises `NotFound`."""
    # PostgreSQL has no text with U+0000, so nothing is called that.
    rows = System.objects.filter(tenant_id=scope.tenant_id, name=name)
    system = None if "\x00" in name else rows.first()
    if system is None:
        raise NotFound(f"There is no system called {visible(name)}.")
    return system


def look_at(
    *,
    scope: Scope,
    system: System,
    type: AmendmentType,
    basis: Basis,
    constitution: Any,
    evidence: Mapping[str, Any],
    base_version: int | None,
) -> Draft:
    """The draft's sentence, changes, authority and obstacles."""
    problems = schema.problems(constitution)
    if problems:
        return Draft(problems=problems)
    comparison = compared(system.constitution, constitution)
    misfit = authority.misfit(type=type, changes=comparison.changes, old=system.constitution, new=constitution)
    needed = requirements_of(scope=scope, type=type, basis=basis, effect=comparison.effect)
    obstacles = (base_moved(system, base_version), not_your_basis(scope, basis), misfit)
    return Draft(
        comparison=comparison,
        needs=needs_sentence(needed),
        obstacles=tuple(filter(None, obstacles)),
        gaps=evidence_rules.missing(type=type, basis=basis, evidence=evidence),
    )


def not_your_basis(scope: Scope, basis: Basis) -> str:
    """Why this actor may not propose on this basis, or ""."""
    if not scope.can(Capability.PROPOSE) or scope.roles & authority.PROPOSERS[basis]:
        return ""
    names = " or ".join(ROLE_LABELS[role] for role in Role if role in authority.PROPOSERS[basis])
    return f"A change on the basis {basis.label.lower()} is proposed by {names}."


def suggestions_for(*, scope: Scope, proposal: AmendmentProposal, take: Collection[str]) -> tuple[Suggestion, ...]:
    """The suggestions among a proposal's open threads that `take` names by their comments' ids; "all" names every one."""
    found = suggestions_in(threads_of(scope=scope, kind=KIND, subject_id=proposal.id))
    return tuple(one for one in found if "all" in take or str(one.remark.id) in take)


def with_suggestions(starting: Starting, suggestions: Iterable[Suggestion]) -> Starting:
    """The same start with suggested values in their places; `not_taken` are places that are not there any more."""
    document, taken, left = starting.document, [], []
    for suggestion in suggestions:
        pointer = suggestion.thread.pointer
        try:
            document = _put(document, pointer, suggestion.remark.value)
            taken.append(pointer)
        except PatchFailed:
            left.append(pointer)
    return replace(starting, document=document, taken=tuple(taken), not_taken=tuple(left))


def _put(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The document with a value in a place that is there, or a new member of an object that is there."""
    try:
        found = patch.apply([{"op": "replace", "path": pointer, "value": value}], document)
    except PatchFailed:
        if pointer.rpartition("/")[2].isdigit():
            raise
        found = patch.apply([{"op": "add", "path": pointer, "value": value}], document)
    if not isinstance(found, dict):
        raise PatchFailed("A constitution is an object.")
    return found


def starting_point(*, scope: Scope, proposal: AmendmentProposal) -> Starting:
    """What the revise page shows: the proposal's changes on top of today's constitution.

    HAZARD: a revision is taken as a whole against today's constitution, so starting from the old text would undo what
    others changed meanwhile.
    """
    revision = current_revision(proposal)
    system = proposal.system
    asked = canonical.loads_canonical(bytes(revision.new_constitution))
    files = attached(scope=scope, evidence=revision.evidence)
    if revision.base_version == system.constitution_version:
        return Starting(system.constitution_version, asked, revision, (), is_carried=False, attachments=files)
    base = SystemVersion.objects.get(tenant_id=scope.tenant_id, system=system, number=revision.base_version)
    merged = merge(canonical.loads_canonical(bytes(base.canonical)), system.constitution, asked)
    return Starting(
        base_version=system.constitution_version,
        document=merged.document,
        revision=revision,
        conflicts=tuple(conflict.pointer for conflict in merged.conflicts),
        is_carried=True,
        attachments=files,
    )
