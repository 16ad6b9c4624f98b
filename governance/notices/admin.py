from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person
from governance.notices.models import Notice, OutboxMail


@admin.register(Notice)
class NoticeAdmin(TenantAdmin):
    """What people were told, and whether they have seen it."""

    list_display = ("sentence", "user", "kind", "subject", "is_urgent", "at", "read_at", "mailed_at")
    list_filter = (by_person("user_id"), "kind", "is_urgent", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("sentence", "subject", "user__email", "user__name")
    ordering = ("-id",)

    def in_app(self, obj: Notice) -> str | None:
        return obj.url or None


@admin.register(OutboxMail)
class OutboxMailAdmin(TenantAdmin):
    """Mails on their way; their text is on their page."""

    list_display = ("subject", "address", "user", "state", "attempts", "created_at", "sent_at", "error")
    list_filter = (by_person("user_id"), "state")
    list_select_related = ("user",)
    search_fields = ("subject", "address", "error")
    ordering = ("-id",)
    unread = ("body", "html")

    def in_app(self, obj: OutboxMail) -> str:
        return reverse("notices:mail", kwargs={"mail_id": obj.id})
