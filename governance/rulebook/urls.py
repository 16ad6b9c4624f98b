from __future__ import annotations

from django.urls import path

from governance.rulebook.views import cases, rules, trying, verdicts

app_name = "rulebook"
urlpatterns = [
    path("", rules.index, name="rules"),
    path("rule/", rules.detail, name="rule"),
    path("try/", trying.page, name="try"),
    path("try/save/", trying.save, name="case_save"),
    path("cases/", cases.index, name="cases"),
    path("cases/<uuid:case_id>/", cases.detail, name="case"),
    path("cases/<uuid:case_id>/retire/", cases.retire, name="case_retire"),
    path("coverage/", rules.covered, name="coverage"),
    path("verdicts/", verdicts.index, name="verdicts"),
    path("verdicts/<uuid:verdict_id>/", verdicts.detail, name="verdict"),
]
