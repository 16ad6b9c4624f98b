from routing.connectors.models import Connector, ConnectorSecret, PinnedTool
from routing.executions.models import (
    Correction,
    DueRequest,
    Execution,
    ExecutionAge,
    ExecutionDay,
    ExecutionRequest,
    Receipt,
)
from routing.figures.models import FigureMark
from routing.learning.models import LearningSetting, LearningState, RequestCluster, RuleProposal
from routing.lifecycle.models import Access, Archive, ArchivedRow, ArchivedSum, LegalHold
from routing.router.models import NextVector, RoutingRule
from routing.telemetry.models import ToolCall, ToolDay

__all__ = [
    "Access",
    "Archive",
    "ArchivedRow",
    "ArchivedSum",
    "Connector",
    "ConnectorSecret",
    "Correction",
    "DueRequest",
    "Execution",
    "ExecutionAge",
    "ExecutionDay",
    "ExecutionRequest",
    "FigureMark",
    "LearningSetting",
    "LearningState",
    "LegalHold",
    "NextVector",
    "PinnedTool",
    "Receipt",
    "RequestCluster",
    "RoutingRule",
    "RuleProposal",
    "ToolCall",
    "ToolDay",
]
