from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction

from governance.canonical import canonical_bytes, digest_bytes
from governance.constitution import schema
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry import impact
from governance.registry.impact import Impact
from governance.registry.models import Cause, Lifecycle, Status, System, SystemType, SystemVersion
from governance.registry.stones import demand_whole
from governance.scope import Capability, Scope
from governance.tenants.actions import ReasonMissing
from governance.webhooks.actions import emit


class NameTaken(DomainError):
    """A system of that name exists in the tenant."""

    code = "name_taken"


class BadDependency(DomainError):
    """The dependency would close a circle or leave the tenant."""

    code = "bad_dependency"


class HasStatus(DomainError):
    """The system has that status already."""

    code = "has_status"


class NotSeen(DomainError):
    """What hangs on the system was not looked at, or is not what it was."""

    code = "impact_not_seen"


class StillWorking(DomainError):
    """Requests wait for the system or run on it, so it cannot be archived."""

    code = "still_working"


# What an admin may mend by hand; everything else is governed or derived.
FIXABLE = (
    "description",
    "type",
    "deployment_type",
    "endpoint_url",
    "api_key_required",
    "documentation_url",
    "github_repo",
)


@governed("registry.register_system", subject="name")
def register_system(
    *,
    scope: Scope,
    name: str,
    type: SystemType,
    constitution: dict[str, Any],
    at: datetime,
    description: str = "",
    deployment_type: str | None = None,
    endpoint_url: str | None = None,
    api_key_required: bool = True,
    documentation_url: str | None = None,
    github_repo: str | None = None,
) -> System:
    """Register a system with its first constitution (version 1). Raises `NotAllowed`, `NameTaken`, `InvalidConstitution`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="register a system")
    schema.check(constitution)
    system = System(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        name=name.strip(),
        type=type,
        description=description,
        deployment_type=deployment_type,
        endpoint_url=endpoint_url,
        api_key_required=api_key_required,
        documentation_url=documentation_url,
        github_repo=github_repo,
        created_at=at,
        updated_at=at,
        last_accessed_at=at,
        created_by=scope.actor.name,
        **_derived(constitution),
    )
    try:
        with transaction.atomic():
            system.save(force_insert=True)
    except IntegrityError as error:
        if "systems_name_in_tenant" in str(error):
            raise NameTaken(f"A system called {name} exists already. Choose another name.") from error
        raise
    version = _version(
        system=system,
        number=1,
        constitution=constitution,
        cause=Cause.REGISTERED,
        amendment_id=None,
        at=at,
        by=scope.actor.name,
    )
    ledger.append(
        scope=scope,
        at=at,
        event_type="registration",
        action={
            "name": "registry.register_system",
            "subject": name,
            "system_id": str(system.id),
            "version": 1,
            "digest": version.digest,
        },
        explanation=f"{name} was registered with its first constitution.",
        rules_applied=["constitution.schema"],
    )
    data = {"system": name, "type": system.type, "by": scope.actor.name}
    emit(scope=scope, event="system.registered", subject=name, data=data, at=at)
    return system


def write_version(
    *, system: System, constitution: dict[str, Any], cause: Cause, amendment_id: UUID, at: datetime, by: str
) -> SystemVersion:
    """Write the next version and make it the system's constitution, in the caller's transaction and under its row lock.

    INVARIANT: only `amendments` calls this, after it wrote the amendment or marked the rollback in the same transaction;
    the database refuses it otherwise.
    """
    version = _version(
        system=system,
        number=system.constitution_version + 1,
        constitution=constitution,
        cause=cause,
        amendment_id=amendment_id,
        at=at,
        by=by,
    )
    System.objects.filter(id=system.id).update(
        constitution_version=version.number, updated_at=at, **_derived(constitution)
    )
    return version


@governed("registry.set_dependencies", subject="system_name")
def set_dependencies(*, scope: Scope, system_name: str, depends_on: Iterable[str], at: datetime) -> System:
    """Replace what a system depends on, by name. Raises `NotAllowed`, `NotFound`, `BadDependency`, `SystemDestroyed`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="change dependencies")
    _lock_dependencies(scope)
    system = _locked(scope=scope, name=system_name)
    names = sorted(set(depends_on))
    rows = System.objects.filter(tenant_id=scope.tenant_id, name__in=names).exclude(lifecycle_state=Lifecycle.PRUNED)
    ids = dict(rows.values_list("name", "id"))
    if missing := [name for name in names if name not in ids]:
        raise NotFound(f"There is no system called {missing[0]}. Register it first.")
    before = _names(scope=scope, ids=system.depends_on)
    system.depends_on = [ids[name] for name in names]
    try:
        with transaction.atomic():
            system.save(update_fields=["depends_on"])
    except DatabaseError as error:
        if "tars_dependency" not in str(error):
            raise
        raise BadDependency(
            f"{system_name} cannot depend on {', '.join(names)}: that would close a circle. Remove the way back first."
        ) from error
    ledger.append(
        scope=scope,
        at=at,
        event_type="registration",
        action={"name": "registry.set_dependencies", "subject": system_name, "before": before, "after": names},
        explanation=f"{system_name} now depends on {', '.join(names) or 'nothing'}.",
    )
    return system


@governed("registry.fix_system", subject="system_name")
def fix_system(*, scope: Scope, system_name: str, values: Mapping[str, Any], reason: str, at: datetime) -> System:
    """Mend ungoverned fields of a system, with before and after on the ledger.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `SystemDestroyed`, `Invalid` for a field that is governed or derived.
    """
    scope.demand(Capability.FIX_DATA, to="fix data")
    if not reason.strip():
        raise ReasonMissing("Say why this is mended: the reason stands on the ledger.")
    if "status" in values:
        raise Invalid("The status changes on the system's page Status, which shows first what hangs on it.")
    if governed_fields := sorted(set(values) - set(FIXABLE)):
        raise Invalid(f"{governed_fields[0]} cannot be edited here: it is governed. Propose an amendment instead.")
    system = _locked(scope=scope, name=system_name)
    before = {name: getattr(system, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return system
    for name, value in changed.items():
        setattr(system, name, value)
    system.updated_at = at
    system.save(update_fields=[*changed, "updated_at"])
    ledger.append(
        scope=scope,
        at=at,
        event_type="data_fix",
        action={
            "name": "registry.fix_system",
            "subject": system_name,
            "before": {name: before[name] for name in sorted(changed)},
            "after": {name: changed[name] for name in sorted(changed)},
            "reason": reason.strip(),
        },
        explanation=f"{', '.join(sorted(changed))} of {system_name} mended by hand: {reason.strip()}",
    )
    return system


@governed("registry.change_status", subject="system_name")
def change_status(
    *, scope: Scope, system_name: str, status: Status, reason: str, seen: str, at: datetime
) -> tuple[System, Impact]:
    """Say whether a system gets new work. One that is not active finishes what it has; an archived one has nothing left.

    `seen` is the digest of `impact.of` that whoever decides has looked at; returns what hangs on the system with it.
    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `HasStatus`, `NotSeen`, `StillWorking`, `SystemDestroyed`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="change a system's status")
    if not reason.strip():
        raise ReasonMissing("Say why the status changes: the reason stands on the ledger.")
    system = _locked(scope=scope, name=system_name)
    before, found = system.status, impact.of(scope=scope, system=system)
    if before == status:
        raise HasStatus(f"{system_name} is {status} already.")
    if seen != found.digest:
        said = f"What hangs on {system_name} was not looked at, or has changed since. Look at it again, then decide."
        raise NotSeen(said)
    if status == Status.ARCHIVED and found.work:
        raise StillWorking(
            f"{found.work:,} request{'s wait' if found.work > 1 else ' waits'} for {system_name} or run on it. Make it "
            "deprecated now: it finishes them and gets nothing new. Archive it when they are done."
        )
    system.status, system.updated_at = status, at
    system.save(update_fields=["status", "updated_at"])
    ledger.append(
        scope=scope,
        at=at,
        event_type="registration",
        action={
            "name": "registry.change_status",
            "subject": system_name,
            "before": before,
            "after": str(status),
            "reason": reason.strip(),
            "seen": seen,
            "touched": {one.code: one.total for one in found.touched},
        },
        explanation=f"{system_name} was {before} and is now {status}: {reason.strip()}",
    )
    data = {"system": system_name, "before": before, "after": str(status), "by": scope.actor.name}
    emit(scope=scope, event="system.status_changed", subject=system_name, data=data, at=at)
    return system, found


def deploy_within(
    *,
    scope: Scope,
    name: str,
    deployment_type: str,
    endpoint_url: str | None,
    api_key_required: bool,
    at: datetime,
) -> tuple[System, dict[str, Any]]:
    """Say how a system is reached, in the caller's transaction; returns it locked, and how it was reached before.

    INVARIANT: only `connectors.configure` calls this, which checks the address and writes the ledger. Raises `NotFound`.
    """
    system = _locked(scope=scope, name=name)
    after = {"deployment_type": deployment_type, "endpoint_url": endpoint_url, "api_key_required": api_key_required}
    before = {field: getattr(system, field) for field in after}
    if before != after:
        System.objects.filter(tenant_id=scope.tenant_id, id=system.id).update(**after, updated_at=at)
        for field, value in after.items():
            setattr(system, field, value)
    return system, before


def _version(
    *,
    system: System,
    number: int,
    constitution: dict[str, Any],
    cause: Cause,
    amendment_id: UUID | None,
    at: datetime,
    by: str,
) -> SystemVersion:
    canonical = canonical_bytes(constitution)
    return SystemVersion.objects.create(
        id=new_id(at),
        tenant_id=system.tenant_id,
        system=system,
        number=number,
        canonical=canonical,
        digest=digest_bytes(canonical),
        cause=cause,
        amendment_id=amendment_id,
        at=at,
        by=by,
    )


def _derived(constitution: dict[str, Any]) -> dict[str, Any]:
    return {
        "constitution": constitution,
        "version": schema.version_of(constitution) or "1.0.0",
        "capabilities": schema.capabilities_of(constitution),
    }


def _locked(*, scope: Scope, name: str) -> System:
    system = System.objects.select_for_update().filter(tenant_id=scope.tenant_id, name=name).first()
    if system is None:
        raise NotFound(f"There is no system called {name}.")
    demand_whole(system)
    return system


def _lock_dependencies(scope: Scope) -> None:
    """One change of dependencies at a time, before any row is locked: the trigger also touches the systems depended on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('tars_dependency' || %s::text, 0))", [str(scope.tenant_id)]
        )


def _names(*, scope: Scope, ids: list[UUID]) -> list[str]:
    return sorted(System.objects.filter(tenant_id=scope.tenant_id, id__in=ids).values_list("name", flat=True))
