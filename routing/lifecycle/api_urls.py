from __future__ import annotations

from governance.rest import route
from routing.lifecycle import api

urlpatterns = [
    *route("archives/", api.Archives, name="api-archives"),
    *route("archives/ageing/", api.Ageing, name="api-ageing"),
    *route("archives/due/", api.Due, name="api-archives-due"),
    *route("archives/due/systems/", api.DueSystems, name="api-archives-due-systems"),
    *route("archives/prune/systems/", api.PruneSystems, name="api-archives-prune-systems"),
    *route("archives/prune/", api.Prune, name="api-archives-prune"),
    *route("archives/retention/", api.Retention, name="api-retention"),
    *route("archives/<uuid:archive_id>/verify/", api.VerifyArchive, name="api-archive-verify"),
    *route("executions/<uuid:execution_id>/restore/", api.Restore, name="api-execution-restore"),
    *route("legal_holds/", api.Holds, name="api-legal-holds"),
    *route("legal_holds/<uuid:legal_hold_id>/", api.OneHold, name="api-legal-hold"),
    *route("legal_holds/<uuid:legal_hold_id>/release/", api.Release, name="api-legal-hold-release"),
]
