"""Proposing law. Both verbs are made of verbs that commit each for itself, in this order: the empty law is registered the first
time, the file is uploaded, the amendment is proposed. Everything that can refuse is looked at before the first of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.constitution.schema import InvalidConstitution
from governance.errors import DomainError
from governance.files import kinds
from governance.files.actions import upload
from governance.lawbook import queries
from governance.lawbook.queries import Preview
from governance.policy.errors import Unsound
from governance.registry.actions import NameTaken, register_system
from governance.registry.models import System, SystemType
from governance.rulebook import law_document
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant


class NothingChanges(DomainError):
    """The file is the law already."""

    code = "nothing_changes"


class LawIsTaken(DomainError):
    """A system of the tenant is called law and is none."""

    code = "law_is_taken"


def propose_import(
    *,
    scope: Scope,
    format: str,
    content: bytes,
    evidence: Mapping[str, Any],
    at: datetime,
    name: str = "",
    basis: Basis = Basis.ORDINARY,
    type: AmendmentType | None = None,
    base_version: int | None = None,
    effective_at: datetime | None = None,
) -> AmendmentProposal:
    """Propose that a file become law, in the place of the document of its name. The law in force stays until it is approved.

    Without `type` what only tightens is a governance tightening and the rest a manual update. `base_version` is the version
    that the proposer looked at. Raises `NotAllowed`, `BadLawFile`, `BadName`, `UnknownFormat`, `NothingChanges`, `Unsound` with
    every finding, `InvalidConstitution`, and what `amendments.propose` raises.
    """
    scope.demand(Capability.PROPOSE, to="propose law")
    with in_tenant(scope.tenant_id):
        preview = queries.preview_import(scope=scope, format=format, name=name, content=content, at=at)
        _demand_proposable(preview)
        _demand_law(scope)
    return _proposed(
        scope=scope,
        preview=preview,
        basis=basis,
        type=type or preview.type,
        evidence={
            "gov_md_section": preview.sections,
            **evidence,
            "law_file_digest": preview.digest,
            "untranslated": len(preview.untranslated),
        },
        base_version=base_version,
        effective_at=effective_at,
        file=(preview.name, content),
        at=at,
    )


def propose_promotion(
    *, scope: Scope, rule_id: UUID, reason: str, at: datetime, base_version: int | None = None
) -> AmendmentProposal:
    """Propose that a session's rule become law, with its usage as evidence.

    Raises `NotAllowed`, `NotFound`, `NotPromotable` for guidance, `Unsound`, and what `amendments.propose` raises.
    """
    scope.demand(Capability.PROPOSE, to="promote a session rule")
    with in_tenant(scope.tenant_id):
        preview, promotion = queries.preview_promotion(scope=scope, rule_id=rule_id, at=at)
        _demand_proposable(preview)
        _demand_law(scope)
    return _proposed(
        scope=scope,
        preview=preview,
        basis=Basis.ORDINARY,
        type=preview.type,
        evidence={"gov_md_section": preview.sections, "reason": reason, **promotion.evidence()},
        base_version=base_version,
        effective_at=None,
        file=None,
        at=at,
    )


def _demand_proposable(preview: Preview) -> None:
    if not preview.is_new:
        raise NothingChanges(f"{preview.name} is law already, word for word. Nothing would change.")
    if preview.findings:
        raise Unsound(preview.findings)
    if preview.faults:
        raise InvalidConstitution(_too_much(preview), problems=preview.faults)


def _too_much(preview: Preview) -> str:
    """Why the law cannot be kept."""
    return f"The law cannot be kept with this document: {preview.faults[0][1]} Split it, or shorten its prose."


def _demand_law(scope: Scope) -> None:
    row = System.objects.filter(tenant_id=scope.tenant_id, name=law_document.SYSTEM_NAME).only("constitution").first()
    if row is not None and not law_document.is_law(row.constitution):
        raise LawIsTaken(
            "A system is called law and is none, so the tenant’s law has no place. Ask a tenant admin to rename it."
        )


def _proposed(
    *,
    scope: Scope,
    preview: Preview,
    basis: Basis,
    type: AmendmentType,
    evidence: dict[str, Any],
    base_version: int | None,
    effective_at: datetime | None,
    file: tuple[str, bytes] | None,
    at: datetime,
) -> AmendmentProposal:
    version = preview.base_version if base_version is None else base_version
    if not preview.base_version:
        _register(scope=scope, at=at)
        version = 1 if version == 0 else version
    return amendments.propose(
        scope=scope,
        system_name=law_document.SYSTEM_NAME,
        type=type,
        basis=basis,
        constitution=preview.constitution,
        evidence=evidence,
        base_version=version,
        effective_at=effective_at,
        attachments=_kept(scope=scope, file=file, at=at),
        at=at,
    )


def _register(*, scope: Scope, at: datetime) -> None:
    """TARS registers the empty law: it says nothing, so who may propose may bring it about."""
    try:
        register_system(
            scope=tars_scope(scope.tenant_id),
            name=law_document.SYSTEM_NAME,
            type=SystemType.UTILITY,
            constitution=law_document.empty_law(),
            description="What binds every system of this tenant: gov.md, policy.toml, LegalRuleML.",
            at=at,
        )
    except NameTaken:
        return  # somebody else's first import came in between


def _kept(*, scope: Scope, file: tuple[str, bytes] | None, at: datetime) -> list[UUID]:
    """The file among the evidence. One that is larger than evidence may be is named by its digest alone."""
    if file is None or len(file[1]) > kinds.EVIDENCE_BYTES:
        return []
    name, content = file
    kept_name = name if kinds.ending_of(name) in ("md", "txt") else f"{name}.txt"
    if kinds.fault_of(name=kept_name, content=content, types=kinds.TYPES):
        return []
    return [upload(scope=scope, name=kept_name, content=content, at=at).id]
