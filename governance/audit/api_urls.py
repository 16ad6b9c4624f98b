from __future__ import annotations

from governance.audit import api
from governance.rest import route

urlpatterns = [
    *route("ledger/", api.Entries, name="api-ledger"),
    *route("ledger/<int:sequence>/", api.OneEntry, name="api-ledger-entry"),
]
