from __future__ import annotations

from django.contrib import admin

from governance.admin_base import TenantAdmin, amendment_page
from governance.admin_filters import by_person
from governance.discussion.models import Comment


@admin.register(Comment)
class CommentAdmin(TenantAdmin):
    list_display = ("text", "pointer", "author", "at", "resolved_at", "resolved_by")
    list_filter = (by_person("user_id"), ("resolved_at", admin.EmptyFieldListFilter))
    search_fields = ("text", "pointer", "author")
    ordering = ("-id",)
    fields = ("text", "pointer", "revision", "suggestion", "author", "at", "resolved_at", "resolved_by")

    def in_app(self, obj: Comment) -> str | None:
        return amendment_page(tenant_id=obj.tenant_id, kind=obj.subject_kind, subject_id=obj.subject_id)
