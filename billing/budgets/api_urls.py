from __future__ import annotations

from billing.budgets import api, holds_api, top_ups_api
from governance.rest import route

urlpatterns = [
    *route("resources/", api.Resources, name="api-resources"),
    *route("resources/<uuid:resource_id>/", api.OneResource, name="api-resource"),
    *route("resources/<uuid:resource_id>/windows/", api.Windows, name="api-resource-windows"),
    *route("budget_alerts/", api.Alerts, name="api-budget-alerts"),
    *route("system_budgets/", api.Systems, name="api-system-budgets"),
    *route("system_budgets/<path:name>/", api.OneSystem, name="api-system-budget"),
    *route("plans/", holds_api.Plans, name="api-plans"),
    *route("plans/stop/", holds_api.StopPlan, name="api-plan-stop"),
    *route("holds/", holds_api.Holds, name="api-holds"),
    *route("holds/<uuid:hold_id>/", holds_api.OneHold, name="api-hold"),
    *route("holds/<uuid:hold_id>/settle/", holds_api.Settle, name="api-hold-settle"),
    *route("holds/<uuid:hold_id>/release/", holds_api.Release, name="api-hold-release"),
    *route("prices/", holds_api.Prices, name="api-prices"),
    *route("top_ups/", top_ups_api.TopUps, name="api-top-ups"),
    *route("top_ups/<int:number>/", top_ups_api.OneTopUp, name="api-top-up"),
    *route("top_ups/<int:number>/approve/", top_ups_api.Approve, name="api-top-up-approve"),
    *route("top_ups/<int:number>/reject/", top_ups_api.Reject, name="api-top-up-reject"),
    *route("top_ups/<int:number>/withdraw/", top_ups_api.Withdraw, name="api-top-up-withdraw"),
]
