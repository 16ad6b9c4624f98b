from __future__ import annotations

from django.urls import path

from billing.budgets.views import board, holds, plans, top_ups

app_name = "budgets"
urlpatterns = [
    path("", board.page, name="list"),
    path("systems/", board.systems, name="systems"),
    path("systems/<path:name>/", board.system, name="system"),
    path("holds/", holds.index, name="holds"),
    path("holds/<uuid:hold_id>/", holds.hold, name="hold"),
    path("holds/<uuid:hold_id>/release/", holds.release, name="release"),
    path("plans/", plans.index, name="plans"),
    path("plans/set/", plans.change, name="set_plan"),
    path("plans/stop/", plans.stop, name="stop_plan"),
    path("prices/", plans.prices, name="prices"),
    path("top-ups/", top_ups.index, name="top_ups"),
    path("top-ups/<int:number>/approve/", top_ups.approve, name="approve"),
    path("top-ups/<int:number>/reject/", top_ups.reject, name="reject"),
    path("top-ups/<int:number>/withdraw/", top_ups.withdraw, name="withdraw"),
    path("<uuid:resource_id>/", board.budget, name="budget"),
    path("<uuid:resource_id>/top-up/", top_ups.ask, name="ask"),
]
