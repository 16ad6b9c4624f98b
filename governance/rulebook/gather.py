"""Everything that bears on a system's questions at one moment: law, constitution, session, mandates, e-stop, drift, safety.

One statement reads how the system stands and by which digests its rules are known; the documents are read only when this
process has not compiled them yet. Nothing kept can be stale: it is found by the digest that the database says is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from governance import canonical, sql
from governance.errors import NotFound
from governance.keys.actions import Signer, unsealed
from governance.policy.book import Book
from governance.registry.models import SystemVersion
from governance.rulebook import house_rules, safety_store, session_store, sources
from governance.rulebook.house_rules import Standing
from governance.rulebook.kept import Kept
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.rulebook.safety import SafetyBudget, Used, is_spent, left
from governance.rulebook.session_store import InForce
from governance.rulebook.sources import NO_LAW, Source
from governance.scope import Scope

_STANDINGS: Final = """
SELECT s.name, s.id, s.type, s.status, s.constitution_version, v.digest, e.reason, d.state, k.id, k.sealed_private_key
FROM systems s
JOIN system_versions v ON v.tenant_id = s.tenant_id AND v.system_id = s.id AND v.number = s.constitution_version
LEFT JOIN drift_states d ON d.tenant_id = s.tenant_id AND d.system_id = s.id
LEFT JOIN LATERAL (SELECT reason FROM estops WHERE tenant_id = s.tenant_id AND lifted_at IS NULL
  AND (system_id IS NULL OR system_id = s.id) ORDER BY system_id NULLS FIRST LIMIT 1) e ON true
LEFT JOIN actor_keys k ON k.tenant_id = s.tenant_id AND k.user_id IS NULL AND k.retired_at IS NULL
WHERE s.tenant_id = %s AND s.name = ANY(%s::text[])
"""
_LAWS: Final[Kept[Source]] = Kept(64)
_CONSTITUTIONS: Final[Kept[Source]] = Kept(1024)


@dataclass(frozen=True, slots=True)
class _Row:
    """A system as the statement reads it."""

    name: str
    id: UUID
    type: str
    status: str
    version: int
    digest: str
    stopped_because: str | None
    drift: str | None
    key_id: UUID | None
    sealed: bytes | None

    @property
    def signer(self) -> Signer | None:
        return unsealed(self.key_id, bytes(self.sealed)) if self.key_id and self.sealed else None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What bears on one system in one session. `book` is None where rules cannot be used: `errors` says why."""

    system: str
    system_id: UUID
    type: str
    law: Source
    constitution: Source
    standing: Standing
    session: InForce
    asset_rules: tuple[str, ...] = ()
    asset_facts: Mapping[str, Any] | None = None
    signer: Signer | None = None
    used: Used = field(default_factory=Used)

    @property
    def errors(self) -> tuple[str, ...]:
        return (*self.law.errors, *self.constitution.errors)

    @property
    def guidance(self) -> tuple[str, ...]:
        return self.session.guidance

    @property
    def book(self) -> Book:
        """Raises `NotATheory` for a session's or an asset's rule that cannot be read."""
        texts = (*self.asset_rules, *self.session.texts)
        return sources.book(law=self.law, constitution=self.constitution, system=self.system, texts=texts)

    @property
    def digest(self) -> str:
        return sources.rulebook_digest(
            law=self.law,
            constitution=self.constitution,
            session_rules=self.session.texts,
            asset_rules=self.asset_rules,
        )

    @property
    def budget(self) -> SafetyBudget | None:
        return self.constitution.safety

    def facts(self, *, action: str, actor: str, actor_kind: str) -> dict[str, Any]:
        """What TARS asserts about this action."""
        act = house_rules.act_of(action, actor_kind=actor_kind, law=self.law.reads, own=self.constitution.reads)
        found = house_rules.facts_of(
            system=self.system,
            type=self.type,
            act=act,
            actor=actor,
            actor_kind=actor_kind,
            session=self.session.name,
            standing=self._standing(action),
        )
        return {**found, **(self.asset_facts or {})}

    def _standing(self, action: str) -> Standing:
        if self.budget is None:
            return self.standing
        rest, cost = left(self.budget, self.used), self.budget.cost(action)
        return replace(self.standing, is_spent=is_spent(self.budget, self.used), risk=cost, risk_left=rest)


def gathered(*, scope: Scope, system: str, session: str, at: datetime) -> Gathered:
    """What bears on one system. Raises `NotFound`."""
    found = gathered_all(scope=scope, wanted=[(system, session)], at=at)
    if (system, session) not in found:
        raise NotFound(f"There is no system called {system}.")
    return found[system, session]


def gathered_all(
    *,
    scope: Scope,
    wanted: Iterable[tuple[str, str]],
    at: datetime,
    law: Any = None,
    constitutions: Mapping[str, Any] | None = None,
    locks_safety: frozenset[str] = frozenset(),
) -> dict[tuple[str, str], Gathered]:
    """The same for many pairs of system and session; unknown systems are left out. One statement for all systems, one for each
    session and one for each system with a safety budget.

    `law` and `constitutions` (by system) are asked instead of those in force. `locks_safety`: systems whose safety window is
    locked until the transaction ends.
    """
    pairs = list(dict.fromkeys(wanted))
    rows = _rows(scope.tenant_id, sorted({system for system, _ in pairs} | {LAW}))
    in_force = sources.law_of(law) if law is not None else _law(scope.tenant_id, rows.get(LAW))
    sessions = {
        name: session_store.in_force(tenant_id=scope.tenant_id, name=name, at=at) for name in {s for _, s in pairs}
    }
    found: dict[tuple[str, str], Gathered] = {}
    systems: dict[str, Gathered] = {}
    for system, session in pairs:
        if (row := rows.get(system)) is None:
            continue
        if system not in systems:
            systems[system] = _of_system(scope, row, in_force, (constitutions or {}).get(system), at, locks_safety)
        found[system, session] = replace(systems[system], session=sessions[session])
    return found


def law_in_force(*, scope: Scope) -> Source:
    """The tenant's law alone."""
    return _law(scope.tenant_id, _rows(scope.tenant_id, [LAW]).get(LAW))


def _of_system(
    scope: Scope, row: _Row, law: Source, instead: Any, at: datetime, locks_safety: frozenset[str]
) -> Gathered:
    constitution = (
        sources.constitution_of(instead, system=row.name)
        if instead is not None
        else _constitution(scope.tenant_id, row)
    )
    used = Used()
    if constitution.safety is not None:
        used = safety_store.used(
            tenant_id=scope.tenant_id,
            system_id=row.id,
            budget=constitution.safety,
            at=at,
            is_locked=row.name in locks_safety,
        )
    return Gathered(
        system=row.name,
        system_id=row.id,
        type=row.type,
        law=law,
        constitution=constitution,
        standing=Standing(status=row.status, stopped_because=row.stopped_because, drift=row.drift or "NORMAL"),
        session=InForce(),
        signer=row.signer,
        used=used,
    )


def _rows(tenant_id: UUID, names: list[str]) -> dict[str, _Row]:
    # PostgreSQL has no text with U+0000, so nothing is called that.
    names = [name for name in names if "\x00" not in name]
    return {row[0]: _Row(*row) for row in sql.rows(_STANDINGS, [tenant_id, sql.array(names)])}


def _law(tenant_id: UUID, row: _Row | None) -> Source:
    if row is None:
        return NO_LAW
    try:
        return _LAWS.get(row.digest, lambda: sources.law_of(_document(tenant_id, row), digest=row.digest))
    except _Altered:
        return Source(digest=row.digest, errors=(_ALTERED.format("the law"),))


def _constitution(tenant_id: UUID, row: _Row) -> Source:
    def make() -> Source:
        return sources.constitution_of(_document(tenant_id, row), system=row.name, digest=row.digest)

    try:
        return _CONSTITUTIONS.get((row.name, row.digest), make)
    except _Altered:
        return Source(digest=row.digest, errors=(_ALTERED.format(f"the constitution of {row.name}"),))


class _Altered(Exception):
    """The stored bytes are not those that their digest names."""


_ALTERED: Final = "The stored version of {} does not have its digest. Verify the ledger and tell the security team."


def _document(tenant_id: UUID, row: _Row) -> Any:
    """The version in force as its bytes have it."""
    stored = SystemVersion.objects.values_list("canonical", flat=True)
    data = bytes(stored.get(tenant_id=tenant_id, system_id=row.id, number=row.version))
    if canonical.digest_bytes(data) != row.digest:
        raise _Altered
    return canonical.loads_canonical(data)


def risk_of(found: Gathered, action: str) -> Decimal:
    """What an action would cost of the safety budget."""
    return found.budget.cost(action) if found.budget and found.budget.risk is not None else Decimal(0)


def after(found: Gathered, *, risk: Decimal) -> Gathered:
    """The same after more risk was spent in this transaction."""
    return replace(found, used=replace(found.used, risk=found.used.risk + risk))
