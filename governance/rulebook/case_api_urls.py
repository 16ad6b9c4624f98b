from __future__ import annotations

from governance.rest import route
from governance.rulebook import case_api

urlpatterns = [
    *route("policy/rules/", case_api.Rules, name="api-rules"),
    *route("policy/cases/", case_api.Cases, name="api-cases"),
    *route("policy/cases/<uuid:case_id>/", case_api.OneCase, name="api-case"),
    *route("policy/cases/<uuid:case_id>/retire/", case_api.Retire, name="api-retire_case"),
    *route("policy/coverage/", case_api.Coverage, name="api-coverage"),
    *route("policy/verdicts/", case_api.Verdicts, name="api-verdicts"),
    *route("policy/verdicts/<uuid:verdict_id>/", case_api.OneVerdict, name="api-verdict"),
]
