"""One small page behind the product's whole middleware: which systems and which database connection a request sees."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from governance.registry.models import System
from governance.tenancy import active_tenant


def seen(request: HttpRequest) -> JsonResponse:
    names = [str(pk) for pk in System.objects.values_list("id", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), current_setting('app.tenant_id', true), current_setting('app.user_id', true)"
        )
        pid, tenant, user = cursor.fetchone()
    return JsonResponse(
        {
            "systems": names,
            "pid": pid,
            "tenant": tenant,
            "user": user,
            "active": str(active_tenant()),
            "in": connection.in_atomic_block,
        }
    )


def broken(request: HttpRequest) -> JsonResponse:
    list(System.objects.all())
    raise RuntimeError("halfway")


urlpatterns = [path("seen", seen), path("broken", broken)]
