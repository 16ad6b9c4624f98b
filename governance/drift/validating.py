"""Whether the constitution in force is still a valid one: what leaving HOLD and DEGRADED takes beside a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from governance import canonical
from governance.constitution import schema
from governance.registry.models import System, SystemVersion

Check = Callable[..., Iterable[str]]
"""`check(document, system=name)`: a sentence for each thing that is wrong."""

_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Add a check of a slice above; called from `AppConfig.ready`, again without harm."""
    _checks[name] = check


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
