"""The bare insert view that the API is measured against: Django, one view, one INSERT; no middleware, tenant or token."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path


def insert(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_rows (body) VALUES (%s) RETURNING id", [request.body.decode()])
        return JsonResponse({"id": cursor.fetchone()[0]}, status=201)


def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [path("insert/", insert), path("healthz", health)]


def application(environ: Any, start_response: Any) -> Any:
    return _handler(environ, start_response)


def _made() -> WSGIHandler:
    import django
    from django.conf import settings

    django.setup()
    settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__
    return WSGIHandler()


_handler = _made()
