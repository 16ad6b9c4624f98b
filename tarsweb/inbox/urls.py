from __future__ import annotations

from django.urls import path

from tarsweb.inbox.views import answers, desk, page, together

app_name = "inbox"
urlpatterns = [
    path("", page.inbox_page, name="list"),
    path("news/", page.inbox_news, name="news"),
    path("together/", together.decide_together, name="together"),
    path("AMD-<int:number>/<slug:verb>/", answers.answer, name="answer"),
    path("desk/<slug:verb>/", desk.on_desk, name="desk"),
]
