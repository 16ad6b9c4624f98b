from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_system
from routing.connectors.models import Connector, ConnectorSecret, PinnedTool


@admin.register(Connector)
class ConnectorAdmin(TenantAdmin):
    """How systems are reached, to look at. They are configured on their pages, through the verbs."""

    list_display = ("system", "kind", "target", "state", "failures", "opened_at", "last_called_at")
    list_select_related = ("system",)
    list_filter = (by_system(), "kind", "state")
    search_fields = ("system__name", "target")
    ordering = ("system__name",)

    def in_app(self, obj: Connector) -> str:
        return reverse("connectors:detail", kwargs={"name": obj.system.name})

    def ledger_subject(self, obj: Connector) -> str:
        return obj.system.name


@admin.register(ConnectorSecret)
class ConnectorSecretAdmin(TenantAdmin):
    """Secrets by name and version. What is sealed is not even fetched."""

    list_display = ("connector_system", "name", "version", "created_by", "created_at", "retired_at")
    list_select_related = ("connector__system",)
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "connector__system__name")
    ordering = ("-id",)
    unread = ("sealed",)

    @admin.display(description="System", ordering="connector__system__name")
    def connector_system(self, secret: ConnectorSecret) -> str:
        return secret.connector.system.name

    def in_app(self, obj: ConnectorSecret) -> str:
        return reverse("connectors:detail", kwargs={"name": obj.connector.system.name})

    def ledger_subject(self, obj: ConnectorSecret) -> str:
        return obj.connector.system.name


@admin.register(PinnedTool)
class PinnedToolAdmin(TenantAdmin):
    """The tools of agents as they were seen and decided."""

    list_display = ("name", "connector_system", "state", "seen_at", "decided_by", "decided_at")
    list_select_related = ("connector__system",)
    list_filter = ("state",)
    search_fields = ("name", "digest", "connector__system__name")
    ordering = ("-id",)

    @admin.display(description="System", ordering="connector__system__name")
    def connector_system(self, tool: PinnedTool) -> str:
        return tool.connector.system.name

    def in_app(self, obj: PinnedTool) -> str:
        return reverse("connectors:detail", kwargs={"name": obj.connector.system.name})

    def ledger_subject(self, obj: PinnedTool) -> str:
        return obj.connector.system.name
