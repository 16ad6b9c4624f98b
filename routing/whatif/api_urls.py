from __future__ import annotations

from governance.rest import route
from routing.whatif import api

urlpatterns = [
    *route("what-if/", api.WhatIfs, name="api-what-ifs"),
    *route("what-if/<uuid:job_id>/", api.OneWhatIf, name="api-what-if"),
    *route("what-if/<uuid:job_id>/attach/", api.Attach, name="api-what-if-attach"),
]
