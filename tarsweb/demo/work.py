"""The story's verbs about agents and money: how systems are reached, which tools were approved, what things cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from billing.budgets.pricing import set_price
from governance.errors import DomainError, NotFound
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from routing.connectors import actions as connectors
from routing.connectors.calling import offered, open_connector
from routing.connectors.contract import ToolDefinition
from routing.connectors.models import Connector, PinnedTool, ToolState
from tarsweb.demo.script import Step

if TYPE_CHECKING:
    from tarsweb.demo.play import Player


def connect(player: Player, step: Step) -> None:
    """Say how a system is reached."""
    connectors.configure(scope=player.scope(step.by), system_name=step.system, at=step.at, **step.args)


def look(player: Player, step: Step) -> None:
    """Ask the system's real agent what it offers, and keep that; what it says waits for approval."""
    connector = _connector(player, step)
    tools: tuple[ToolDefinition, ...] = ()
    error = ""
    try:
        tools = offered(open_connector(tenant_id=player.tenant_id, connector_id=connector.id, at=step.at))
    except DomainError as failure:
        error = failure.sentence
    connectors.take_look(
        scope=tars_scope(player.tenant_id),
        connector_id=connector.id,
        pointed_at=connector.pointed_at,
        tools=tools,
        error=error,
        at=step.at,
    )


def approve_tools(player: Player, step: Step) -> None:
    """Approve every tool that waits."""
    connector = _connector(player, step)
    with in_tenant(player.tenant_id):
        waiting = PinnedTool.objects.filter(tenant_id=player.tenant_id, connector=connector)
        digests = list(waiting.filter(state=ToolState.QUARANTINED).values_list("digest", flat=True))
    connectors.approve_tools(scope=player.scope(step.by), system_name=step.system, digests=digests, at=step.at)


def price(player: Player, step: Step) -> None:
    set_price(scope=player.scope(step.by), measure=step.args["measure"], usd=Decimal(step.args["usd"]), at=step.at)


def _connector(player: Player, step: Step) -> Connector:
    with in_tenant(player.tenant_id):
        found = Connector.objects.filter(tenant_id=player.tenant_id, system__name=step.system).first()
    if found is None:
        raise NotFound(f"{step.system} has no connector.")
    return found
