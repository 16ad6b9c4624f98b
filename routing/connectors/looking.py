"""The job that asks an agent what it offers: in the worker, never in a web request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from governance.errors import DomainError
from governance.jobs.handlers import GiveUp, Run
from routing.connectors.actions.tools import take_look
from routing.connectors.calling import offered, open_connector
from routing.connectors.contract import ToolDefinition


def handle(run: Run) -> dict[str, Any]:
    """Look once; a failure stands on the connector as well as on the job."""
    scope, connector_id = run.scope, UUID(run.payload["connector"])
    opened = open_connector(tenant_id=scope.tenant_id, connector_id=connector_id, at=run.at)
    tools: tuple[ToolDefinition, ...] = ()
    failure: DomainError | None = None
    try:
        tools = offered(opened)
    except DomainError as error:
        failure = error
    seen = take_look(
        scope=scope,
        connector_id=connector_id,
        pointed_at=opened.connector.pointed_at,
        tools=tools,
        error=failure.sentence if failure else "",
        at=timezone.now(),
    )
    if failure is not None:
        raise GiveUp(failure.sentence)
    name = opened.system
    url = reverse("connectors:detail", kwargs={"name": name})
    return {"url": url, "label": f"Open {name}", "sentence": seen.sentence, "tools": len(tools)}
