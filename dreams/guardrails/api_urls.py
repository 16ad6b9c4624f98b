from __future__ import annotations

from dreams.guardrails import api
from governance.rest import route

urlpatterns = [
    *route("guardrails/", api.Settings, name="api-guardrails"),
    *route("watches/", api.Watches, name="api-watches"),
    *route("amendments/AMD-<int:number>/watch/", api.OneWatch, name="api-watch"),
    *route("amendments/AMD-<int:number>/watch/keep/", api.Keep, name="api-watch-keep"),
    *route("amendments/AMD-<int:number>/watch/extend/", api.Extend, name="api-watch-extend"),
    *route("amendments/AMD-<int:number>/watch/pause/", api.Pause, name="api-watch-pause"),
    *route("amendments/AMD-<int:number>/watch/resume/", api.Resume, name="api-watch-resume"),
]
