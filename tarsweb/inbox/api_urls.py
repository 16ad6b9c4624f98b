from __future__ import annotations

from governance.rest import route
from tarsweb.inbox import api

_ONE = "inbox/<uuid:question_id>/"

urlpatterns = [
    *route("inbox/", api.Inbox, name="api-inbox"),
    *route("inbox/batch/", api.Together, name="api-inbox-batch"),
    *route(_ONE, api.OneQuestion, name="api-question"),
    *route(f"{_ONE}take/", api.Take, name="api-take"),
    *route(f"{_ONE}release/", api.Release, name="api-release"),
    *route(f"{_ONE}hand_over/", api.HandOver, name="api-hand_over"),
    *route(f"{_ONE}snooze/", api.Snooze, name="api-snooze"),
    *route(f"{_ONE}wake/", api.Wake, name="api-wake"),
]
