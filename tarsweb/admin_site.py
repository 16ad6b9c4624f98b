"""The Django admin behind the same sign-in, one tenant at a time, for tenant admins."""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.ledger.models import LedgerEntry
from governance.scope import Capability
from governance.web import scope_of

RECENT = 8


class TarsAdminSite(admin.AdminSite):
    site_header = "TARS data fixes"
    site_title = "TARS data fixes"
    index_title = "Every save needs a reason and lands on the ledger"
    site_url = "/"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only tenants' tables: what third-party apps offer (sessions, queue, other people) is global and stays out."""
        if isinstance(admin_class, type) and issubclass(admin_class, TenantAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        super().unregister([model for model in models if self.is_registered(model)])

    def has_permission(self, request: HttpRequest) -> bool:
        scope = getattr(request, "scope", None)
        return bool(request.user.is_active and scope is not None and scope.can(Capability.FIX_DATA))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Nobody signed in goes to the sign-in; somebody without the role is told which one it takes."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and request.path != reverse("admin:logout", current_app=self.name):
                scope_of(request).demand(Capability.FIX_DATA, to="mend data")
            return guarded(request, *args, **kwargs)

        return told

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The product's own sign-in, second factor included; there is no other door."""
        if request.user.is_authenticated:
            scope_of(request).demand(Capability.FIX_DATA, to="mend data")
        return secure_admin_login(super().login)(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        fixes = LedgerEntry.objects.filter(tenant_id=scope_of(request).tenant_id, event_type="data_fix")
        recent = fixes.order_by("-sequence").values("sequence", "subject", "action_name", "actor_name", "at")[:RECENT]
        return super().index(request, {**(extra_context or {}), "fixes": list(recent)})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Passwords change on the account pages, which know about second factors."""
        return HttpResponseRedirect(reverse("account_change_password"))
