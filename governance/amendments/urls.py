from __future__ import annotations

from django.urls import path

from governance.amendments.views import authority, decision, lists, page, propose, replay, talk, undo

app_name = "amendments"
urlpatterns = [
    path("", lists.index, name="list"),
    path("propose/", propose.propose, name="propose"),
    path("preview/", propose.preview, name="preview"),
    path("authority/", authority.page, name="authority"),
    path("authority/grant/", authority.grant, name="grant_authority"),
    path("authority/<uuid:authority_id>/revoke/", authority.revoke, name="revoke_authority"),
    path("authority/quorums/", authority.set_quorum, name="set_quorum"),
    path("authority/quorums/<uuid:quorum_id>/remove/", authority.remove_quorum, name="remove_quorum"),
    path("authority/deputies/", authority.add_deputy, name="add_deputy"),
    path("authority/deputies/<uuid:deputy_id>/end/", authority.drop_deputy, name="drop_deputy"),
    path("AMD-<int:number>/", page.detail, name="detail"),
    path("AMD-<int:number>/revise/", propose.revise, name="revise"),
    path("AMD-<int:number>/approve/", page.approve, name="approve"),
    path("AMD-<int:number>/break-glass/", page.break_glass, name="break_glass"),
    path("AMD-<int:number>/reject/", page.reject, name="reject"),
    path("AMD-<int:number>/request-changes/", page.request_changes, name="request_changes"),
    path("AMD-<int:number>/rebase/", page.rebase, name="rebase"),
    path("AMD-<int:number>/withdraw/", page.withdraw, name="withdraw"),
    path("AMD-<int:number>/comments/", talk.comment, name="comment"),
    path("AMD-<int:number>/comments/<uuid:comment_id>/resolve/", talk.resolve, name="resolve_comment"),
    path("AMD-<int:number>/comments/<uuid:comment_id>/reopen/", talk.reopen, name="reopen_comment"),
    path("AMD-<int:number>/tick/", talk.tick, name="tick"),
    path("AMD-<int:number>/replay/", replay.page, name="replay"),
    path("AMD-<int:number>/look/", talk.look, name="look"),
    path("AMD-<int:number>/nudge/", talk.nudge, name="nudge"),
    path("AMD-<int:number>/hand-over/", talk.hand_over, name="hand_over"),
    path("AMD-<int:number>/news/", talk.news, name="news"),
    path("AMD-<int:number>/decisions/<uuid:decision_id>/", decision.decision, name="decision"),
    path("AMD-<int:number>/send/", page.send, name="send"),
    path("AMD-<int:number>/roll-back/", undo.roll_back, name="roll_back"),
    path("AMD-<int:number>/roll-back/approve/", page.approve_roll_back, name="approve_roll_back"),
    path("AMD-<int:number>/roll-back/withdraw/", page.withdraw_roll_back, name="withdraw_roll_back"),
    path("AMD-<int:number>/overrides/<uuid:decision_id>/", page.review_override, name="review_override"),
]
