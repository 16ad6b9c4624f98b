from __future__ import annotations

from django.urls import path

from routing.executions.views import acts, hand_in, lists, page

app_name = "executions"
urlpatterns = [
    path("", lists.index, name="list"),
    path("news/", lists.news, name="news"),
    path("hand-in/", hand_in.hand_in, name="hand_in"),
    path("<uuid:execution_id>/", page.detail, name="detail"),
    path("<uuid:execution_id>/answer.json", page.answer, name="answer"),
    path("<uuid:execution_id>/receipt.json", page.receipt, name="receipt"),
    path("<uuid:execution_id>/approve/", acts.approve, name="approve"),
    path("<uuid:execution_id>/reject/", acts.reject, name="reject"),
    path("<uuid:execution_id>/nudge/", acts.nudge, name="nudge"),
    path("<uuid:execution_id>/renew/", acts.renew, name="renew"),
    path("<uuid:execution_id>/cancel/", acts.cancel, name="cancel"),
    path("<uuid:execution_id>/rate/", acts.rate, name="rate"),
    path("<uuid:execution_id>/correct/", acts.correct, name="correct"),
    path("<uuid:execution_id>/dispute/", acts.dispute, name="dispute"),
    path("<uuid:execution_id>/again/", hand_in.again, name="again"),
]
