from __future__ import annotations

from governance.rest import route
from governance.tokens import api

urlpatterns = [
    *route("me/", api.Me, name="api-me"),
    *route("tokens/", api.Tokens, name="api-tokens"),
    *route("tokens/<uuid:token_id>/", api.OneToken, name="api-token"),
    *route("tokens/<uuid:token_id>/revoke/", api.Revoke, name="api-token-revoke"),
]
