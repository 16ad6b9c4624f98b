from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person
from governance.searches.models import SavedSearch


@admin.register(SavedSearch)
class SavedSearchAdmin(TenantAdmin):
    list_display = ("name", "page", "user", "query", "is_shared", "is_default", "created_at")
    list_filter = (by_person("user_id"), "page", "is_shared")
    list_select_related = ("user",)
    search_fields = ("name", "query", "user__email", "user__name")
    ordering = ("-id",)

    def in_app(self, obj: SavedSearch) -> str:
        return f"{reverse(obj.page)}?{obj.query}"
