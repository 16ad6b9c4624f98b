from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person
from governance.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(TenantAdmin):
    """What was kept and its digest; the bytes are fetched in the app, which checks who may."""

    list_display = ("name", "purpose", "media_type", "size", "kept_by", "at", "expires_at")
    list_filter = (by_person("user_id"), "purpose")
    search_fields = ("name", "digest", "kept_by")
    ordering = ("-id",)
    hidden = ("tenant", "user_id")
    unread = ("content",)

    def in_app(self, obj: StoredFile) -> str:
        return reverse("files:download", kwargs={"file_id": obj.id})
