from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from governance.errors import Invalid, NotAllowed, NotFound
from governance.identity.queries import able
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Capability, Scope
from governance.scrub import scrubbed
from routing.connectors.actions.common import NotYours, ToolsMoved, connector_of, record, settle_state
from routing.connectors.contract import ToolDefinition
from routing.connectors.models import Connector, PinnedTool, ToolState

LOOK: Final = "connectors.look"
NEWS: Final = "tool_quarantine"


@dataclass(slots=True)
class Seen:
    """What a look found: names of tools."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        parts = [
            f"{len(names)} {word}"
            for word, names in (("new", self.new), ("changed", self.changed), ("removed", self.removed))
            if names
        ]
        if not parts:
            return f"Its {len(self.same)} tools are as they were approved." if self.same else "It answers."
        waits = " What is new or changed waits for approval." if self.new or self.changed else ""
        return f"Tools: {', '.join(parts)}.{waits}"


def register_kinds() -> None:
    """Say what our news are called; called from `AppConfig.ready`, again without harm."""
    kinds.register(NEWS, "A tool of an agent waits for approval")


@governed("connectors.look", subject="system_name")
def look(*, scope: Scope, system_name: str, at: datetime) -> Job:
    """Have the worker ask the agent what it offers; what is new or changed is quarantined. Raises `NotAllowed`, `NotFound`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="look at an agent's tools")
    connector = connector_of(scope, system_name, is_locked=False)
    job = look_within(scope=scope, connector=connector, at=at)
    said = f"{scope.actor.name} had {system_name} asked what it offers."
    record(scope, connector, at, verb="look", said=said, job=str(job.id))
    return job


def look_within(*, scope: Scope, connector: Connector, at: datetime) -> Job:
    """The same inside the caller's transaction, without a ledger entry: for TARS, when a tool is found changed."""
    return jobs.start(
        scope=scope,
        kind=LOOK,
        key=f"{LOOK}:{connector.id}:{at:%Y%m%dT%H%M%S}",
        title=f"Look at {connector.system.name}",
        payload={"connector": str(connector.id)},
        at=at,
        max_attempts=1,
    )


@governed("connectors.take_look", subject="connector_id")
def take_look(
    *,
    scope: Scope,
    connector_id: UUID,
    pointed_at: datetime,
    tools: Sequence[ToolDefinition],
    at: datetime,
    error: str = "",
) -> Seen:
    """TARS's own: keep what a look found. Raises `NotAllowed`, `NotFound` (also when it was pointed elsewhere meanwhile)."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS keeps what it saw of an agent.")
    rows = Connector.objects.select_for_update(of=("self",), no_key=True).select_related("system")
    connector = rows.filter(tenant_id=scope.tenant_id, id=connector_id, pointed_at=pointed_at).first()
    if connector is None:
        raise NotFound("The connector leads elsewhere by now. Look again.")
    connector.looked_at, connector.look_error = at, scrubbed(error)
    connector.save(update_fields=["looked_at", "look_error"])
    if error:
        return Seen()
    seen = _kept(scope, connector, tools, at)
    settle_state(connector)
    if seen.new or seen.changed:
        _tell(scope, connector, seen, at)
    if seen.new or seen.changed or seen.removed:
        said = f"{connector.system.name} was looked at. {seen.sentence}"
        record(scope, connector, at, verb="take_look", said=said, **_names(seen))
    return seen


@governed("connectors.approve_tools", subject="system_name")
def approve_tools(*, scope: Scope, system_name: str, digests: Collection[str], at: datetime) -> list[PinnedTool]:
    """Let an agent's quarantined tools be called, exactly as these digests say; each replaces the one of its name.

    Raises `NotAllowed`, `NotYours` (whoever pointed the connector), `NotFound`, `ToolsMoved`.
    """
    scope.demand(Capability.APPROVE_TOOLS, to="approve an agent's tools")
    connector = connector_of(scope, system_name)
    if scope.actor.name == connector.pointed_by:
        raise NotYours(
            f"You said where {system_name} is reached, so somebody else approves the tools that were found there: an operator or "
            "security."
        )
    wanted = set(digests)
    if not wanted:
        raise Invalid("Say which tools you approve, by their digests.", problems=(("/digests", "is empty"),))
    tools = PinnedTool.objects.filter(tenant_id=scope.tenant_id, connector=connector)
    found = list(tools.filter(state=ToolState.QUARANTINED, digest__in=wanted).order_by("name"))
    if {tool.digest for tool in found} != wanted:
        raise ToolsMoved("What you approve is not what waits: the agent was looked at again. Read the page anew.")
    names = [tool.name for tool in found]
    tools.filter(state=ToolState.PINNED, name__in=names).update(state=ToolState.RETIRED)
    for tool in found:
        tool.state, tool.decided_at, tool.decided_by = ToolState.PINNED, at, scope.actor.name
        tool.save(update_fields=["state", "decided_at", "decided_by"])
    settle_state(connector)
    said = f"{len(found)} tools of {system_name} were approved: {', '.join(names)}."[:500]
    record(scope, connector, at, verb="approve_tools", said=said, tools={tool.name: tool.digest for tool in found})
    return found


def _kept(scope: Scope, connector: Connector, tools: Sequence[ToolDefinition], at: datetime) -> Seen:
    known = PinnedTool.objects.filter(tenant_id=scope.tenant_id, connector=connector)
    rows = {(row.name, row.digest): row for row in known}
    pinned = {row.name: row.digest for row in rows.values() if row.state == ToolState.PINNED}
    seen, live = Seen(), {tool.name: tool.digest for tool in tools}
    for tool in sorted(tools, key=lambda one: one.name):
        if pinned.get(tool.name) == tool.digest:
            seen.same.append(tool.name)
            continue
        row = rows.get((tool.name, tool.digest))
        if row is None:
            _quarantine(connector, tool, at)
        elif row.state == ToolState.RETIRED:
            known.filter(id=row.id).update(state=ToolState.QUARANTINED, decided_at=None, decided_by="")
        else:
            continue
        (seen.changed if tool.name in pinned else seen.new).append(tool.name)
    for row in rows.values():
        is_gone = row.name not in live
        if row.state != ToolState.RETIRED and (
            is_gone or (row.state == ToolState.QUARANTINED and live[row.name] != row.digest)
        ):
            known.filter(id=row.id).update(state=ToolState.RETIRED)
            if is_gone and row.name not in seen.removed:
                seen.removed.append(row.name)
    return seen


def _quarantine(connector: Connector, tool: ToolDefinition, at: datetime) -> None:
    PinnedTool.objects.create(
        id=new_id(at),
        tenant_id=connector.tenant_id,
        connector=connector,
        name=tool.name,
        digest=tool.digest,
        definition=tool.document,
        state=ToolState.QUARANTINED,
        seen_at=at,
    )


def _tell(scope: Scope, connector: Connector, seen: Seen, at: datetime) -> None:
    name = connector.system.name
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.APPROVE_TOOLS),
        kind=NEWS,
        key=f"tools:{connector.id}:{at.isoformat()}",
        subject=name,
        sentence=f"{name} was looked at. {seen.sentence}",
        url=reverse("connectors:detail", kwargs={"name": name}),
        at=at,
        is_urgent=bool(seen.changed),
    )


def _names(seen: Seen) -> dict[str, Any]:
    return {name: names[:100] for name, names in asdict(seen).items() if name != "same"}
