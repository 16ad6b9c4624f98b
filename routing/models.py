from routing.connectors.models import Connector, ConnectorSecret, PinnedTool
from routing.executions.models import DueRequest, Execution, ExecutionRequest, Receipt
from routing.router.models import RoutingRule
from routing.telemetry.models import ToolCall

__all__ = [
    "Connector",
    "ConnectorSecret",
    "DueRequest",
    "Execution",
    "ExecutionRequest",
    "PinnedTool",
    "Receipt",
    "RoutingRule",
    "ToolCall",
]
