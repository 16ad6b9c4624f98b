from __future__ import annotations

from governance.rest import route
from routing.connectors import api

# A name may hold slashes, so the addresses below a connector come before the connector itself.
_ONE = "connectors/<path:name>/"

urlpatterns = [
    *route("connectors/", api.Connectors, name="api-connectors"),
    *route(f"{_ONE}look/", api.Look, name="api-connector-look"),
    *route(f"{_ONE}approve_tools/", api.ApproveTools, name="api-connector-approve_tools"),
    *route(f"{_ONE}disable/", api.Disable, name="api-connector-disable"),
    *route(f"{_ONE}enable/", api.Enable, name="api-connector-enable"),
    *route(f"{_ONE}set_secret/", api.SetSecret, name="api-connector-set_secret"),
    *route(f"{_ONE}retire_secret/", api.RetireSecret, name="api-connector-retire_secret"),
    *route(_ONE, api.OneConnector, name="api-connector"),
]
