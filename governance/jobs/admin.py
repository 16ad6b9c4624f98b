from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person
from governance.jobs.models import Job


@admin.register(Job)
class JobAdmin(TenantAdmin):
    """Long work, to look at. It is cancelled and tried again on its page."""

    list_display = ("title", "kind", "state", "attempt", "requested_by", "created_at", "due_at", "finished_at")
    list_filter = (by_person("user_id"), "state", "kind")
    search_fields = ("title", "key", "requested_by", "error")
    ordering = ("-id",)
    hidden = ("tenant", "user_id")
    # what a handler was given and what it answered is its own business and may hold a secret
    unread = ("payload", "result")

    def in_app(self, obj: Job) -> str:
        return reverse("jobs:detail", kwargs={"job_id": obj.id})
