from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped
from tarsweb.demo.removal import ask_removal


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(Capability.MANAGE_PEOPLE, to="remove the demo")
def remove(request: HttpRequest) -> HttpResponse:
    """Say what removing does; POST does it, in the worker."""
    if request.method == "POST":
        job = ask_removal(scope=scope_of(request), at=now())
        messages.success(request, "The demo is being removed. When it is done nobody of it can sign in.")
        return redirect("jobs:detail", job_id=job.id)
    with reading(request):
        return render(request, "tarsweb/demo/remove.html")
