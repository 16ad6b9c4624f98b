from routing.connectors import admin as connectors
from routing.telemetry import admin as telemetry

__all__ = [
    "connectors",
    "telemetry",
]
