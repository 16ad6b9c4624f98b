from __future__ import annotations

from governance.rest import route
from governance.rulebook import decide_api

urlpatterns = [
    *route("policy/decide/", decide_api.Decide, name="api-decide"),
    *route("policy/decide_many/", decide_api.DecideMany, name="api-decide_many"),
]
