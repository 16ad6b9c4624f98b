from __future__ import annotations

from django.urls import path, re_path

from governance.jobs import api

_ONE = r"^jobs/(?P<job_id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"

urlpatterns = [
    re_path(r"^jobs/?$", api.Jobs.as_view(), name="api-jobs"),
    path("jobs/<uuid:job_id>/", api.OneJob.as_view(), name="api-job"),
    re_path(rf"{_ONE}$", api.OneJob.as_view()),
    re_path(rf"{_ONE}/cancel/?$", api.Cancel.as_view(), name="api-job-cancel"),
    re_path(rf"{_ONE}/retry/?$", api.Retry.as_view(), name="api-job-retry"),
]
