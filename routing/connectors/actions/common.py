from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from governance.errors import DomainError, NotAllowed, NotFound
from governance.ledger import actions as ledger
from governance.registry.models import System
from governance.scope import Scope
from routing.connectors import ways
from routing.connectors.models import Connector, ConnectorState, PinnedTool, ToolState


class NoConnector(NotFound):
    """The system has no connector yet."""

    code = "no_connector"


class NotReachable(DomainError):
    """The system cannot be called now; the sentence says why and what helps."""

    code = "not_reachable"


class Busy(DomainError):
    """As many calls of the system are under way as it takes at once. Try again soon."""

    code = "agent_busy"
    status = 429


class ToolUnapproved(NotReachable):
    """The tool that the call needs waits for approval."""

    code = "tool_unapproved"


class NotYours(NotAllowed):
    """Whoever says where a connector leads does not approve what is found there."""

    code = "four_eyes"


class ToolsMoved(DomainError):
    """What was approved is no longer what waits."""

    code = "tools_moved"


class AlreadySo(DomainError):
    """There is nothing to do."""

    code = "already_so"


def connector_of(scope: Scope, system_name: str, *, is_locked: bool = True) -> Connector:
    """The connector of a system, its row locked, with its system. Raises `NotFound`, `NoConnector`."""
    rows = Connector.objects.filter(tenant_id=scope.tenant_id, system__name=system_name).select_related("system")
    found = (rows.select_for_update(of=("self",), no_key=True) if is_locked else rows).first()
    if found is not None:
        return found
    if not System.objects.filter(tenant_id=scope.tenant_id, name=system_name).exists():
        raise NotFound(f"There is no system called {system_name}.")
    raise NoConnector(f"{system_name} has no connector yet. Say first how it is reached.")


def leads_to(connector: Connector) -> str:
    """Where it leads, for sentences and the ledger: a path may hold a secret of the receiver's."""
    return urlsplit(connector.target).netloc if connector.kind in ways.OVER_HTTP else connector.target


def settle_state(connector: Connector) -> None:
    """Say on the row whether a tool waits for approval; a disabled connector stays so. Under the row's lock."""
    if connector.state == ConnectorState.DISABLED:
        return
    waiting = PinnedTool.objects.filter(
        tenant_id=connector.tenant_id, connector=connector, state=ToolState.QUARANTINED
    ).exists()
    connector.state = ConnectorState.QUARANTINED if waiting else ConnectorState.READY
    connector.save(update_fields=["state"])


def record(scope: Scope, connector: Connector, at: datetime, *, verb: str, said: str, **facts: Any) -> None:
    """The ledger's entry. `facts` never hold a secret's value."""
    ledger.append(
        scope=scope,
        at=at,
        event_type="program",
        action={"name": f"connectors.{verb}", "subject": connector.system.name, "kind": connector.kind, **facts},
        explanation=said,
    )
