from routing.connectors import admin as connectors
from routing.learning import admin as learning
from routing.router import admin as router
from routing.telemetry import admin as telemetry

__all__ = ["connectors", "learning", "router", "telemetry"]
