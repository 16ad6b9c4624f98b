"""The Django admin behind the same sign-in, one tenant at a time, for tenant admins."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest

from governance.scope import Capability


class TarsAdminSite(admin.AdminSite):
    site_header = "TARS data fixes"
    site_title = "TARS data fixes"
    index_title = "Every save needs a reason and lands on the ledger"

    def has_permission(self, request: HttpRequest) -> bool:
        scope = getattr(request, "scope", None)
        return bool(request.user.is_active and scope is not None and scope.can(Capability.FIX_DATA))


TarsAdminSite.login = secure_admin_login(TarsAdminSite.login)  # type: ignore[method-assign]
