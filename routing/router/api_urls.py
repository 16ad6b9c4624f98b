from __future__ import annotations

from governance.rest import route
from routing.router import api

urlpatterns = [
    *route("route/", api.Route, name="api-route"),
    *route("routing_rules/", api.Rules, name="api-routing-rules"),
    *route("routing_rules/<uuid:routing_rule_id>/", api.OneRule, name="api-routing-rule"),
    *route("routing_rules/<uuid:routing_rule_id>/switch/", api.Switch, name="api-routing-rule-switch"),
]
