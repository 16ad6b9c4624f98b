"""One call of one agent, in the worker and outside any transaction: secrets opened, transport built, limits kept.

INVARIANT: what is opened here lives as long as the call. It is in no `repr`, in no error, and is taken out of what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.utils import timezone

from governance.errors import DomainError
from governance.keys.actions import Signer, box
from governance.ledger.actions import signer_for
from governance.outbound import AddressRefused, NoAnswer
from governance.outbound import call as sent
from governance.scope import tars_scope
from governance.scrub import scrubbed
from governance.tenancy import in_tenant
from routing.connectors import installed, pins, redact, ways
from routing.connectors.actions.common import NotReachable
from routing.connectors.callable_agent import CallableAgent
from routing.connectors.contract import (
    AgentAddressRefused,
    AgentError,
    Call,
    OnProgress,
    Reply,
    ToolDefinition,
    Transport,
    Unreachable,
)
from routing.connectors.http_agent import HttpAgent
from routing.connectors.mcp_agent import McpAgent
from routing.connectors.mcp_http import HttpServer
from routing.connectors.mcp_stdio import StdioServer
from routing.connectors.models import Connector, ConnectorSecret
from routing.connectors.n8n import N8nAgent
from routing.connectors.pins import Pins
from routing.connectors.queries import in_force, pins_of

Clock = Callable[[], datetime]
LOOK_SECONDS = 10.0


class SecretUnreadable(DomainError):
    """The installation's key file does not open a secret."""

    code = "secret_unreadable"
    status = 503


@dataclass(frozen=True, slots=True)
class Opened:
    """A connector ready to be called."""

    connector: Connector
    system: str
    pins: Pins
    secrets: Mapping[str, str] = field(repr=False)
    signer: Signer | None = field(repr=False)
    """Of TARS, where calls are signed."""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(sorted(self.secrets.values(), key=len, reverse=True))


def call(
    connector: Connector,
    call: Call,
    on_progress: OnProgress,
    *,
    clock: Clock = timezone.now,
    opened: Opened | None = None,
) -> Reply:
    """Do the work, never later than the call's deadline or the connector's timeout. `opened`: the connector as the step opened
    it that let this call begin; else it is opened here.

    Raises the errors of `contract.py`, `NotReachable` (also for a tool that waits for approval), `SecretUnreadable`.
    """
    at = clock()
    opened = opened or open_connector(tenant_id=connector.tenant_id, connector_id=connector.id, at=at)
    _demand_approved(opened, call)
    deadline = min(call.deadline, at + timedelta(milliseconds=opened.connector.timeout_ms))
    secrets = opened.values

    def told(percent: int, sentence: str) -> None:
        on_progress(min(max(percent, 0), 100), scrubbed(sentence, secrets=secrets))

    try:
        reply = transport_of(opened, clock=clock).call(replace(call, deadline=deadline), on_progress=told)
    except AgentError as error:
        raise _without(error, secrets) from None
    return redact.reply_without(reply, secrets)


def offered(opened: Opened) -> tuple[ToolDefinition, ...]:
    """The tools of an agent, asked now. One that describes none is only knocked at. Raises the errors of `contract.py`."""
    connector = opened.connector
    try:
        if connector.kind in (ways.HTTP, ways.N8N):
            _knock(connector.target)
            return ()
        return transport_of(opened).tools()
    except AgentError as error:
        raise _without(error, opened.values) from None


def open_connector(*, tenant_id: UUID, connector_id: UUID, at: datetime) -> Opened:
    """Read and unseal what a call needs, in a transaction of its own. Raises `NotReachable`, `SecretUnreadable`."""
    with in_tenant(tenant_id):
        rows = Connector.objects.filter(tenant_id=tenant_id, id=connector_id).select_related("system")
        connector = rows.defer("system__constitution", "system__capabilities_embedding").first()
        if connector is None:
            raise NotReachable("The connector is gone.")
        return open_within(connector, pins_of(scope=tars_scope(tenant_id), connector_id=connector_id), at=at)


def open_within(connector: Connector, known: Pins, *, at: datetime) -> Opened:
    """The same for a connector (with its system) and tools that were read in the caller's transaction.

    Raises `NotReachable`, `SecretUnreadable`. Two queries; for a function one.
    """
    newest: dict[str, bytes] = {}
    if connector.kind != ways.CALLABLE:
        sealed = ConnectorSecret.objects.filter(in_force(at), tenant_id=connector.tenant_id, connector=connector)
        newest = {row.name: bytes(row.sealed) for row in sealed.order_by("version")}
    is_signed = connector.kind == ways.HTTP
    signer = signer_for(scope=tars_scope(connector.tenant_id), at=at) if is_signed else None
    name = connector.system.name
    if connector.system.api_key_required and connector.kind != ways.CALLABLE and not newest:
        raise NotReachable(f"{name} needs a secret and has none in force. Set one on its connector.")
    secrets = {label: _unsealed(name, label, value) for label, value in newest.items()}
    return Opened(connector=connector, system=name, pins=known, secrets=secrets, signer=signer)


def transport_of(opened: Opened, *, clock: Clock = timezone.now) -> Transport:
    """The way to the agent. Raises `AgentAddressRefused` for a command that is allowed no more."""
    connector, secrets = opened.connector, opened.secrets
    if connector.kind == ways.HTTP:
        assert opened.signer is not None
        key = secrets.get(ways.BEARER, "")
        return HttpAgent(connector.target, opened.signer, api_key=key, most=connector.most_bytes, clock=clock)
    if connector.kind == ways.N8N:
        header, value = next(iter(secrets.items()), (ways.N8N_HEADER, ""))
        return N8nAgent(connector.target, secret=value, secret_header=header, most=connector.most_bytes, clock=clock)
    if connector.kind == ways.CALLABLE:
        return CallableAgent(connector.target, clock=clock)
    server, lines = _server(opened)
    return McpAgent(
        owner=f"{connector.tenant_id}/{connector.id}",
        server=server,
        allowed_commands=lines,
        entry=connector.entry_tool,
        pinned=dict(opened.pins.approved),
        most=connector.most_bytes,
        clock=clock,
    )


def _server(opened: Opened) -> tuple[StdioServer | HttpServer, tuple[tuple[str, ...], ...]]:
    connector, secrets = opened.connector, opened.secrets
    if connector.kind == ways.MCP_HTTP:
        headers = ((name, f"Bearer {value}" if name == ways.BEARER else value) for name, value in secrets.items())
        return HttpServer(connector.target, headers=tuple(sorted(headers))), ()
    command = installed.commands().get(connector.target)
    if command is None or (connector.arguments and not command.takes_arguments):
        raise AgentAddressRefused(
            f"The command {connector.target} is no longer allowed on this installation (TARS_AGENT_COMMANDS).",
            may_have_run=False,
        )
    env = installed.environment(command, tenant_id=connector.tenant_id) | dict(secrets)
    line = (*command.line, *connector.arguments)
    return StdioServer(line, env=tuple(sorted(env.items())), cwd=command.cwd), (command.line,)


def _demand_approved(opened: Opened, call: Call) -> None:
    if opened.connector.kind not in ways.WITH_TOOLS:
        return
    tool = pins.needed(opened.pins, tool=call.tool, action=call.action, entry=opened.connector.entry_tool)
    if refused := pins.refusal(opened.pins, system=opened.system, tool=tool):
        raise NotReachable(refused)


def _knock(url: str) -> None:
    """Whether somebody answers there at all: OPTIONS starts no work, whatever the answer's status."""
    try:
        sent("OPTIONS", url, deadline=LOOK_SECONDS)
    except AddressRefused as refused:
        raise AgentAddressRefused(refused.sentence, may_have_run=False) from None
    except NoAnswer as broken:
        raise Unreachable(broken.sentence, may_have_run=False) from None


def _unsealed(system: str, name: str, sealed: bytes) -> str:
    try:
        return box().decrypt(sealed).decode()
    except InvalidToken:
        raise SecretUnreadable(
            f"The installation's key file does not open the secret {name} of {system}. Restore TARS_SEALING_KEYS, or set it anew."
        ) from None


def _without(error: AgentError, secrets: tuple[str, ...]) -> AgentError:
    error.sentence = redact.without(error.sentence, secrets)
    error.args = (error.sentence,)
    return error
