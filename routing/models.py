from routing.connectors.models import Connector, ConnectorSecret, PinnedTool
from routing.executions.models import DueRequest, Execution, ExecutionDay, ExecutionRequest, Receipt
from routing.figures.models import FigureMark
from routing.router.models import RoutingRule
from routing.telemetry.models import ToolCall, ToolDay

__all__ = [
    "Connector",
    "ConnectorSecret",
    "DueRequest",
    "Execution",
    "ExecutionDay",
    "ExecutionRequest",
    "FigureMark",
    "PinnedTool",
    "Receipt",
    "RoutingRule",
    "ToolCall",
    "ToolDay",
]
