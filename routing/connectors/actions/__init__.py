from routing.connectors.actions.calls import admit_within, after_call
from routing.connectors.actions.common import (
    AlreadySo,
    Busy,
    NoConnector,
    NotReachable,
    NotYours,
    ToolsMoved,
    ToolUnapproved,
)
from routing.connectors.actions.configure import configure, disable, enable
from routing.connectors.actions.secrets import forget_over, retire_secret, set_secret
from routing.connectors.actions.tools import approve_tools, look, take_look

__all__ = [
    "AlreadySo",
    "Busy",
    "NoConnector",
    "NotReachable",
    "NotYours",
    "ToolUnapproved",
    "ToolsMoved",
    "admit_within",
    "after_call",
    "approve_tools",
    "configure",
    "disable",
    "enable",
    "forget_over",
    "look",
    "retire_secret",
    "set_secret",
    "take_look",
]
