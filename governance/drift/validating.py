"""What leaving a state takes beside a person: a constitution that is valid, and a run of the canonical scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from governance import canonical
from governance.constitution import schema
from governance.errors import NotFound
from governance.registry.models import System, SystemVersion
from governance.scope import Scope

Check = Callable[..., Iterable[str]]
"""`check(document, system=name)`: a sentence for each thing that is wrong."""

_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Add a check of a slice above; called from `AppConfig.ready`, again without harm."""
    _checks[name] = check


@dataclass(frozen=True, slots=True)
class Elicited:
    """One run of the canonical scenarios, made by the worker at `at`.

    `stale` says why it says nothing about today, "" where it does. `hands`: people who changed what is expected since the moment
    that was asked about.
    """

    id: UUID
    at: datetime
    asked: int
    as_expected: int
    is_consistent: bool
    stale: str
    hands: frozenset[UUID]
    evidence: Mapping[str, Any]


class ReadRun(Protocol):
    """Reads a run of a system inside the caller's transaction. Raises `NotFound`."""

    def __call__(self, *, scope: Scope, system: System, run: UUID, since: datetime, at: datetime) -> Elicited: ...


_runs: list[ReadRun] = []


def register_elicitation(read: ReadRun) -> None:
    """Say where runs are read; called from `AppConfig.ready` of a slice above, again without harm."""
    _runs[:] = [read]


def elicited(*, scope: Scope, system: System, run: UUID, since: datetime, at: datetime) -> Elicited:
    """A run by its id. Raises `NotFound`."""
    if not _runs:
        raise NotFound("Nothing here asks scenarios, so there is no run to name.")
    return _runs[0](scope=scope, system=system, run=run, since=since, at=at)


def validated(system: System) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What was validated, as evidence, and what is wrong with it. The bytes are read and hashed anew, not the copy."""
    rows = SystemVersion.objects.filter(tenant_id=system.tenant_id, system_id=system.id)
    version = rows.get(number=system.constitution_version)
    data = bytes(version.canonical)
    document = canonical.loads(data)
    wrong = [f"{pointer or '/'} {sentence}" for pointer, sentence in schema.problems(document)]
    if canonical.digest_bytes(data) != version.digest:
        wrong.append("its bytes do not have the digest that its version names")
    for name in sorted(_checks):
        wrong.extend(_checks[name](document, system=system.name))
    checks = ["digest", "schema", *sorted(_checks)]
    return {"constitution": version.digest, "version": version.number, "checks": checks}, tuple(wrong)
