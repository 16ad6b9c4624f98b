from __future__ import annotations

from django.urls import path

from governance.amendments.views import lists, page, propose, undo

app_name = "amendments"
urlpatterns = [
    path("", lists.index, name="list"),
    path("propose/", propose.propose, name="propose"),
    path("preview/", propose.preview, name="preview"),
    path("AMD-<int:number>/", page.detail, name="detail"),
    path("AMD-<int:number>/revise/", propose.revise, name="revise"),
    path("AMD-<int:number>/approve/", page.approve, name="approve"),
    path("AMD-<int:number>/reject/", page.reject, name="reject"),
    path("AMD-<int:number>/request-changes/", page.request_changes, name="request_changes"),
    path("AMD-<int:number>/rebase/", page.rebase, name="rebase"),
    path("AMD-<int:number>/withdraw/", page.withdraw, name="withdraw"),
    path("AMD-<int:number>/send/", page.send, name="send"),
    path("AMD-<int:number>/roll-back/", undo.roll_back, name="roll_back"),
    path("AMD-<int:number>/roll-back/approve/", page.approve_roll_back, name="approve_roll_back"),
    path("AMD-<int:number>/roll-back/withdraw/", page.withdraw_roll_back, name="withdraw_roll_back"),
    path("AMD-<int:number>/overrides/<uuid:decision_id>/", page.review_override, name="review_override"),
]
