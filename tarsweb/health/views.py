from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.web import now, scope_of, scoped
from tarsweb.health import probes, ready
from tarsweb.health.checks import Tone, worst

HEADLINES = {
    Tone.GOOD: "Everything works.",
    Tone.WARN: "It works; something wants a look.",
    Tone.BAD: "Something is broken.",
}


def alive(request: HttpRequest) -> HttpResponse:
    """`/healthz`: answers without the database."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """`/readyz`: 200 when requests may come, 503 with the reasons otherwise; within two seconds."""
    reasons = ready.reasons()
    body = {"ready": not reasons, "reasons": reasons}
    return JsonResponse(body, status=503 if reasons else 200, headers={"Cache-Control": "no-store"})


@require_safe
@scoped(None)
def page(request: HttpRequest) -> HttpResponse:
    """How every part of TARS does, and what to do about it."""
    at = now()
    checks = probes.look(scope=scope_of(request), at=at)
    shown = [(check, [(label, value, isinstance(value, datetime)) for label, value in check.facts]) for check in checks]
    context: dict[str, Any] = {"checks": shown, "headline": HEADLINES[worst(checks)], "at": at}
    return render(request, "tarsweb/health/page.html", context)
