"""How systems are reached, and what is known of their tools. Secrets by name and version only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from governance.canonical import digest
from governance.errors import NotFound
from governance.registry.compare import Comparison, compare
from governance.registry.models import System
from governance.scope import Capability, Scope
from routing.connectors import breaker, ways
from routing.connectors.models import Connector, ConnectorSecret, Kind, PinnedTool, ToolState
from routing.connectors.pins import Pins
from routing.connectors.reachable import WhyNot, breaker_of, breaker_said, longest_call, why_of

_PINS: Final = """
SELECT name, digest, state FROM pinned_tools WHERE tenant_id = %s AND connector_id = %s AND state <> 'retired'
"""
_HEAVY: Final = ("system__constitution", "system__capabilities_embedding")
_STATES: Final = {
    "ready": ("tighten", "✓", "Can be called"),
    "disabled": ("bad", "✕", "Off"),
    "quarantined": ("expand", "◆", "Waits for approval"),
    "secret_missing": ("bad", "○", "Has no secret"),
    "breaker_open": ("bad", "◼", "Left alone"),
    "probing": ("expand", "◐", "Being tried"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. `why` is None when it can be called."""

    system: str
    system_id: UUID
    kind: str
    kind_label: str
    deployment: str
    target: str
    last_called_at: datetime | None
    last_error: str
    looked_at: datetime | None
    look_error: str
    pinned: int
    waiting: int
    failures: int
    why: WhyNot | None
    simulates_dreams: bool = False

    @property
    def state(self) -> str:
        return self.why.code if self.why else "ready"

    @property
    def tone(self) -> str:
        return _STATES[self.state][0]

    @property
    def mark(self) -> str:
        return _STATES[self.state][1]

    @property
    def state_label(self) -> str:
        return _STATES[self.state][2]


@dataclass(frozen=True, slots=True)
class SecretLine:
    """One version of a secret: never its value."""

    name: str
    version: int
    created_at: datetime
    created_by: str
    retired_at: datetime | None
    state: str
    """`sent`, `kept` (its overlap runs), `retired`."""


@dataclass(frozen=True, slots=True)
class ToolLine:
    """One definition. `comparison` is with the one in force, None where there is none or it is the one."""

    name: str
    digest: str
    state: str
    definition: dict[str, Any]
    seen_at: datetime
    decided_at: datetime | None
    decided_by: str
    before: dict[str, Any] | None
    comparison: Comparison | None

    @property
    def is_waiting(self) -> bool:
        return self.state == ToolState.QUARANTINED

    @property
    def says_it_reads(self) -> bool:
        return (self.definition.get("annotations") or {}).get("readOnlyHint") is True


@dataclass(frozen=True, slots=True)
class Whole:
    """One connector with everything that a page shows of it."""

    line: Line
    settings: Mapping[str, Any]
    api_key_required: bool
    position: str
    breaker_said: str
    disabled_because: str
    pointed_by: str
    pointed_at: datetime
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
    secrets: tuple[SecretLine, ...]
    tools: tuple[ToolLine, ...]
    digest: str

    @property
    def waiting(self) -> tuple[ToolLine, ...]:
        return tuple(tool for tool in self.tools if tool.is_waiting)

    @property
    def waiting_names(self) -> frozenset[str]:
        return frozenset(tool.name for tool in self.waiting)

    @property
    def pinned(self) -> tuple[ToolLine, ...]:
        return tuple(tool for tool in self.tools if tool.state == ToolState.PINNED)

    @property
    def has_tools(self) -> bool:
        return self.line.kind in ways.WITH_TOOLS

    @property
    def takes_secret(self) -> bool:
        return self.line.kind != ways.CALLABLE


def lines(*, scope: Scope, at: datetime, text: str = "", state: str = "", after: str = "") -> list[Line]:
    """The tenant's connectors by the name of their system, in one query. `state` is `ready` or why it is not."""
    scope.demand(Capability.READ_RECORD, to="see connectors")
    rows = _counted(_annotated(scope, at))
    if text:
        rows = rows.filter(Q(system__name__icontains=text) | Q(target__icontains=text))
    if after:
        rows = rows.filter(system__name__gt=after)
    found = [_line(row, at) for row in rows.order_by("system__name")]
    return [line for line in found if not state or line.state == state]


def of_system(*, scope: Scope, system_id: UUID, at: datetime) -> Line | None:
    """How one system is reached; None when nobody has said so. One query."""
    rows = _counted(_annotated(scope, at)).filter(system_id=system_id)
    row = rows.first()
    return None if row is None else _line(row, at)


def state_choices() -> list[tuple[str, str]]:
    """The states that the list can be narrowed to."""
    return [(name, label) for name, (_, _, label) in _STATES.items()]


def unconnected(*, scope: Scope) -> list[str]:
    """Systems that are in use and have no connector."""
    has = Connector.objects.filter(tenant_id=scope.tenant_id, system=OuterRef("pk"))
    rows = System.objects.filter(~Exists(has), tenant_id=scope.tenant_id, status="active").exclude(name="law")
    return list(rows.order_by("name").values_list("name", flat=True)[:200])


def whole(*, scope: Scope, system_name: str, at: datetime) -> Whole:
    """One connector. Raises `NotFound`, for another tenant's as well. Three queries."""
    scope.demand(Capability.READ_RECORD, to="see connectors")
    rows = _annotated(scope, at).filter(system__name=system_name)
    row: Any = rows.first()
    if row is None:
        raise NotFound(f"{system_name[:100]} has no connector. The list shows those there are.")
    mine = {"tenant_id": scope.tenant_id, "connector_id": row.id}
    tools = list(PinnedTool.objects.filter(**mine).exclude(state=ToolState.RETIRED).order_by("name", "state", "-id"))
    secrets = ConnectorSecret.objects.filter(**mine).defer("sealed").order_by("name", "-version")
    row.pinned = sum(tool.state == ToolState.PINNED for tool in tools)
    row.waiting = sum(tool.state == ToolState.QUARANTINED for tool in tools)
    state = breaker_of(row)
    where = breaker.position(state, at=at, longest_call=longest_call(row))
    return Whole(
        line=_line(row, at),
        settings={name: getattr(row, name) for name in _SETTINGS},
        api_key_required=row.system.api_key_required,
        position=where.value,
        breaker_said=breaker_said(state, where),
        disabled_because=row.disabled_because,
        pointed_by=row.pointed_by,
        pointed_at=row.pointed_at,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_by=row.updated_by,
        updated_at=row.updated_at,
        secrets=tuple(secret_lines(secrets, at)),
        tools=tuple(tool_lines(tools)),
        digest=digest_of(row, pins_in((tool.name, tool.digest, tool.state) for tool in tools)),
    )


def pins_of(*, scope: Scope, connector_id: UUID) -> Pins:
    """The agent's tools as they are decided. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_PINS, [scope.tenant_id, connector_id])
        return pins_in(cursor.fetchall())


def pins_in(rows: Iterable[Sequence[str]]) -> Pins:
    """The same from their names, digests and states."""
    found = list(rows)
    return Pins(
        approved={name: digest for name, digest, state in found if state == ToolState.PINNED},
        waiting=frozenset(name for name, _, state in found if state == ToolState.QUARANTINED),
    )


def only_reads(*, scope: Scope, connector_id: UUID, tool: str) -> bool:
    """Whether a tool changes nothing, by the definition that a person approved, annotations included; without a tool nobody has
    said so."""
    rows = PinnedTool.objects.filter(
        tenant_id=scope.tenant_id, connector_id=connector_id, name=tool, state=ToolState.PINNED
    )
    return bool(tool) and rows.filter(definition__annotations__contains={"readOnlyHint": True}).exists()


def digest_of(connector: Connector, pins: Pins) -> str:
    """Names what is called: kind, target, arguments, entry tool and, where it describes tools, the approved ones. What an
    approval binds."""
    return digest(
        {
            "kind": str(connector.kind),
            "target": connector.target,
            "arguments": list(connector.arguments),
            "entry_tool": connector.entry_tool,
            "tools": dict(pins.approved) if connector.kind in ways.WITH_TOOLS else {},
        }
    )


def in_force(at: datetime) -> Q:
    """Versions of secrets that may be sent."""
    return (Q(retired_at=None) | Q(retired_at__gt=at)) & ~Q(sealed=b"")


def secret_lines(rows: Iterable[ConnectorSecret], at: datetime) -> list[SecretLine]:
    """Versions with their states; rows come by name, newest version first."""
    found: list[SecretLine] = []
    sent: set[str] = set()
    for row in rows:
        is_over = row.retired_at is not None and row.retired_at <= at
        state = "retired" if is_over else "kept" if row.name in sent else "sent"
        sent |= set() if is_over else {row.name}
        found.append(SecretLine(row.name, row.version, row.created_at, row.created_by, row.retired_at, state))
    return found


def tool_lines(rows: Collection[PinnedTool]) -> list[ToolLine]:
    """Definitions, each waiting one compared with the one in force."""
    pinned = {row.name: row for row in rows if row.state == ToolState.PINNED}
    return [_tool(row, pinned.get(row.name)) for row in rows]


def _tool(row: PinnedTool, in_use: PinnedTool | None) -> ToolLine:
    before = in_use.definition if in_use is not None and in_use.id != row.id else None
    return ToolLine(
        name=row.name,
        digest=row.digest,
        state=row.state,
        definition=row.definition,
        seen_at=row.seen_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        before=before,
        comparison=None if before is None else compare(before, row.definition),
    )


def _annotated(scope: Scope, at: datetime) -> QuerySet[Any]:
    mine = {"tenant_id": scope.tenant_id, "connector": OuterRef("pk")}
    rows = Connector.objects.filter(tenant_id=scope.tenant_id).select_related("system").defer(*_HEAVY)
    return rows.annotate(
        has_secret=Exists(ConnectorSecret.objects.filter(in_force(at), **mine)),
        has_tool=Exists(PinnedTool.objects.filter(state=ToolState.PINNED, **mine)),
    )


def _counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.annotate(
        pinned=Count("tools", filter=Q(tools__state=ToolState.PINNED)),
        waiting=Count("tools", filter=Q(tools__state=ToolState.QUARANTINED)),
    )


def _line(row: Any, at: datetime) -> Line:
    return Line(
        system=row.system.name,
        system_id=row.system_id,
        kind=row.kind,
        kind_label=Kind(row.kind).label,
        deployment=row.system.deployment_type or "",
        target=row.target,
        last_called_at=row.last_called_at,
        last_error=row.last_error,
        looked_at=row.looked_at,
        look_error=row.look_error,
        pinned=row.pinned,
        waiting=row.waiting,
        failures=row.failures,
        why=why_of(row, at),
        simulates_dreams=row.simulates_dreams,
    )


_SETTINGS = (
    "arguments", "entry_tool", "timeout_ms", "most_bytes", "most_at_once", "maximums", "may_repeat", "keeps_arguments",
    "simulates_dreams",
)  # fmt: skip
