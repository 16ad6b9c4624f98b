from __future__ import annotations

from governance.rest import route
from governance.rulebook import session_api as api

_RULES = "sessions/<str:session>/rules/"
_ONE = f"{_RULES}<uuid:rule_id>/"

urlpatterns = [
    *route("sessions/", api.Sessions, name="api-sessions"),
    *route(_RULES, api.SessionRules, name="api-session-rules"),
    *route("sessions/<str:session>/reset/", api.Reset, name="api-session-reset"),
    *route(_ONE, api.OneRule, name="api-session-rule"),
    *route(f"{_ONE}revoke/", api.Revoke, name="api-session-rule-revoke"),
    *route(f"{_ONE}extend/", api.Extend, name="api-session-rule-extend"),
    *route("session_rules/understood/", api.Understood, name="api-session-rules-understood"),
]
