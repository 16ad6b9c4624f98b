from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.outbound import demand_allowed
from governance.registry.actions import deploy_within
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.scrub import scrubbed
from routing.connectors import installed, limits, ways
from routing.connectors.actions.common import AlreadySo, connector_of, leads_to, record, settle_state
from routing.connectors.models import Connector, ConnectorState, PinnedTool, ToolState

SHOWN: Final = (
    "kind", "arguments", "entry_tool", "timeout_ms", "most_bytes", "most_at_once", "maximums", "may_repeat", "keeps_arguments",
    "simulates_dreams",
)  # fmt: skip
"""What the ledger says of a connector beside where it leads."""
_MOST_ARGUMENTS: Final = 50


@governed("connectors.configure", subject="system_name")
def configure(
    *,
    scope: Scope,
    system_name: str,
    deployment_type: str,
    target: str,
    at: datetime,
    kind: str = "",
    arguments: Sequence[str] = (),
    entry_tool: str = "handle_request",
    timeout_ms: int = 60_000,
    most_bytes: int = 1_000_000,
    most_at_once: int = 4,
    maximums: Mapping[str, str] | None = None,
    may_repeat: bool = False,
    keeps_arguments: bool = False,
    simulates_dreams: bool = False,
    api_key_required: bool = False,
) -> Connector:
    """Say how a system is reached and within which limits. Pointing it elsewhere retires every approved tool and secret.

    `kind` "" is the usual one of the deployment. Raises `NotAllowed`, `NotFound`, `Invalid`, `AddressRefused`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="configure a connector")
    if not System.objects.filter(tenant_id=scope.tenant_id, name=system_name).exists():
        raise NotFound(f"There is no system called {system_name}.")
    kind = _kind(deployment_type, kind)
    wanted: dict[str, Any] = {
        "kind": kind,
        "target": target.strip(),
        "arguments": [*arguments],
        "entry_tool": entry_tool.strip(),
        "timeout_ms": timeout_ms,
        "most_bytes": most_bytes,
        "most_at_once": most_at_once,
        "maximums": dict(maximums or {}),
        "may_repeat": may_repeat,
        "keeps_arguments": keeps_arguments,
        "simulates_dreams": simulates_dreams,
    }
    _check_target(kind, wanted["target"], wanted["arguments"])
    _check_limits(wanted)
    if api_key_required and kind == ways.CALLABLE:
        raise _wrong("api_key_required", ways.wrong_name(kind, ""))
    system, deployed = deploy_within(
        scope=scope,
        name=system_name,
        deployment_type=deployment_type,
        endpoint_url=wanted["target"] if kind in ways.OVER_HTTP else None,
        api_key_required=api_key_required,
        at=at,
    )
    rows = Connector.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, system=system)
    connector = rows.first()
    before = None if connector is None else _shown(connector) | _deployed(deployed)
    connector = _made(scope, system, at) if connector is None else connector
    has_moved = any(getattr(connector, name) != wanted[name] for name in ("kind", "target", "arguments"))
    for name, value in wanted.items():
        setattr(connector, name, value)
    connector.system, connector.updated_at, connector.updated_by = system, at, scope.actor.name
    if has_moved:
        _point(connector, scope, at)
    connector.save()
    settle_state(connector)
    after = _shown(connector) | {"deployment_type": deployment_type, "api_key_required": api_key_required}
    said = f"{system.name} is reached as {connector.get_kind_display()} at {leads_to(connector)}."
    if has_moved and before is not None:
        said += " It leads elsewhere than before: its tools have to be approved and its secrets set anew."
    record(scope, connector, at, verb="configure", said=said, before=before, after=after)
    return connector


@governed("connectors.disable", subject="system_name")
def disable(*, scope: Scope, system_name: str, reason: str, at: datetime) -> Connector:
    """Call the system no more until `enable`; calls under way end as they do. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="switch a connector off")
    if not reason.strip():
        raise _wrong("reason", "Say why it is switched off: everybody whose request is refused reads it.")
    connector = connector_of(scope, system_name)
    if connector.state == ConnectorState.DISABLED:
        raise AlreadySo(f"The connector of {system_name} is off already.")
    connector.state, connector.disabled_because = ConnectorState.DISABLED, scrubbed(reason)
    connector.updated_at, connector.updated_by = at, scope.actor.name
    connector.save(update_fields=["state", "disabled_because", "updated_at", "updated_by"])
    said = f"The connector of {system_name} was switched off: {connector.disabled_because}"
    record(scope, connector, at, verb="disable", said=said, reason=connector.disabled_because)
    return connector


@governed("connectors.enable", subject="system_name")
def enable(*, scope: Scope, system_name: str, at: datetime) -> Connector:
    """Call the system again, its breaker closed. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="switch a connector on")
    connector = connector_of(scope, system_name)
    if connector.state != ConnectorState.DISABLED and connector.opened_at is None:
        raise AlreadySo(f"The connector of {system_name} is on already.")
    connector.state, connector.disabled_because = ConnectorState.READY, ""
    connector.failures, connector.opened_at, connector.probed_at = 0, None, None
    connector.updated_at, connector.updated_by = at, scope.actor.name
    connector.save()
    settle_state(connector)
    said = f"The connector of {system_name} was switched on."
    record(scope, connector, at, verb="enable", said=said)
    return connector


def _kind(deployment_type: str, kind: str) -> str:
    kinds = ways.kinds_of(deployment_type)
    if not kinds:
        raise _wrong("deployment_type", f"A system is deployed as {', '.join(ways.KINDS)}.")
    if kind and kind not in kinds:
        raise _wrong("kind", f"What is deployed as {deployment_type} is reached as {' or '.join(kinds)}.")
    return kind or kinds[0]


def _check_target(kind: str, target: str, arguments: Sequence[str]) -> None:
    if arguments and kind != ways.MCP_STDIO:
        raise _wrong("arguments", "Only a command takes arguments.")
    if any(scrubbed(one) != one for one in arguments):
        raise _wrong(
            "arguments",
            "An argument looks like a secret, is too long, or has spaces. Set a secret instead: it is sealed.",
        )
    if kind in ways.OVER_HTTP:
        demand_allowed(target)
        if "#" in target or scrubbed(target, most=len(target) + 1) != target:
            raise _wrong(
                "target", "The address holds something that looks like a secret. Set a secret instead: it is sealed."
            )
    elif kind == ways.MCP_STDIO:
        _check_command(target, arguments)
    elif target not in installed.functions():
        known = ", ".join(installed.functions()) or "none"
        raise _wrong("target", f"No function is registered as {target[:80] or 'nothing'}. Registered are: {known}.")


def _check_command(name: str, arguments: Sequence[str]) -> None:
    commands = installed.commands()
    if name not in commands:
        known = ", ".join(sorted(commands)) or "none"
        raise _wrong(
            "target",
            f"The operator of this installation allows no command {name[:80] or 'without a name'}. Allowed are: {known}. "
            "TARS_AGENT_COMMANDS adds one.",
        )
    if arguments and not commands[name].takes_arguments:
        raise _wrong("arguments", f"The command {name} is allowed as it is; it takes no arguments of a connector.")
    if len(arguments) > _MOST_ARGUMENTS or any("\x00" in one for one in arguments):
        raise _wrong("arguments", f"Give up to {_MOST_ARGUMENTS} arguments of text.")


def _check_limits(wanted: Mapping[str, Any]) -> None:
    ranges = {"timeout_ms": limits.TIMEOUT_MS, "most_bytes": limits.BYTES, "most_at_once": limits.AT_ONCE}
    for name, (least, most) in ranges.items():
        if not least <= wanted[name] <= most:
            raise _wrong(name, f"Give {name} as {least:,} to {most:,}.")
    if not 1 <= len(wanted["entry_tool"]) <= 200:
        raise _wrong("entry_tool", "Name the tool that takes requests, such as handle_request.")
    try:
        limits.amounts_of(wanted["maximums"])
    except ValueError as error:
        raise _wrong(
            "maximums", f"What one call may cost is a decimal number for each type; {error} is none."
        ) from None


def _made(scope: Scope, system: Any, at: datetime) -> Connector:
    return Connector(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        created_at=at,
        created_by=scope.actor.name,
    )


def _point(connector: Connector, scope: Scope, at: datetime) -> None:
    """HAZARD: what was approved there is not what is here, and a secret meant for there must not be sent here."""
    mine = {"tenant_id": scope.tenant_id, "connector_id": connector.id}
    PinnedTool.objects.filter(**mine).exclude(state=ToolState.RETIRED).update(state=ToolState.RETIRED)
    connector.secrets.filter(tenant_id=scope.tenant_id).exclude(sealed=b"").update(sealed=b"", retired_at=at)
    connector.pointed_at, connector.pointed_by = at, scope.actor.name
    connector.failures, connector.opened_at, connector.probed_at = 0, None, None
    connector.looked_at, connector.look_error, connector.last_error = None, "", ""


def _shown(connector: Connector) -> dict[str, Any]:
    return {"leads_to": leads_to(connector), **{name: getattr(connector, name) for name in SHOWN}}


def _deployed(deployed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: deployed[name] for name in ("deployment_type", "api_key_required")}


def _wrong(name: str, sentence: str) -> Invalid:
    return Invalid(sentence, problems=((f"/{name}", sentence),))
