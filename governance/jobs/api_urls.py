from __future__ import annotations

from governance.jobs import actions, api
from governance.rest import route

urlpatterns = [
    *route("jobs/", api.Jobs, name="api-jobs"),
    *route("jobs/<uuid:job_id>/", api.OneJob, name="api-job"),
    *route("jobs/<uuid:job_id>/cancel/", api.Act, name="api-job-cancel", run=actions.cancel),
    *route("jobs/<uuid:job_id>/retry/", api.Act, name="api-job-retry", run=actions.retry),
]
