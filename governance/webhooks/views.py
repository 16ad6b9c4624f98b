from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped
from governance.webhooks import actions, queries
from governance.webhooks.forms import WebhookForm
from governance.webhooks.models import Webhook

PER_PAGE = 25
_managed = scoped(Capability.MANAGE_PROGRAMS, to="manage webhooks")


@require_safe
@_managed
def index(request: HttpRequest) -> HttpResponse:
    """Every webhook of the tenant, and how its news fare."""
    return render(request, "governance/webhooks/list.html", {"rows": queries.webhooks(scope=scope_of(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
def add(request: HttpRequest) -> HttpResponse:
    """Add one; its secret is shown on the answer and never again."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            webhook, secret = actions.add_webhook(scope=scope_of(request), at=now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return _secret(request, webhook, secret)
    with reading(request):
        status = 422 if form.is_bound else 200
        return render(request, "governance/webhooks/add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
def detail(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook: how it is set, and its log. POST changes it."""
    scope = scope_of(request)
    with reading(request):
        webhook = queries.found_webhook(scope=scope, webhook_id=webhook_id)
    form = WebhookForm(request.POST if request.method == "POST" else None, webhook=webhook)
    if form.is_valid():
        wanted = {**form.cleaned_data, "is_enabled": webhook.is_enabled}
        try:
            actions.change_webhook(scope=scope, webhook_id=webhook_id, at=now(), **wanted)
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Saved.")
            return redirect("webhooks:detail", webhook_id=webhook_id)
    state = request.GET.get("state", "")
    with reading(request):
        page = Paginator(queries.log_of(scope=scope, webhook_id=webhook_id, state=state), PER_PAGE).get_page(
            request.GET.get("page")
        )
        context = {
            "webhook": webhook,
            "form": form,
            "page": page,
            "log": queries.deliveries(page.object_list),
            "state": state,
        }
        status = 422 if form.is_bound else 200
        return render(request, "governance/webhooks/detail.html", context, status=status)


@require_safe
@_managed
def delivery(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """One delivery with the body as it is sent."""
    found = queries.found_delivery(scope=scope_of(request), webhook_id=webhook_id, delivery_id=delivery_id)
    return render(request, "governance/webhooks/delivery.html", {"delivery": found})


@require_POST
@_managed
def switch(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """On when it is off, off when it is on."""
    scope = scope_of(request)
    with reading(request):
        webhook = queries.found_webhook(scope=scope, webhook_id=webhook_id)
    actions.change_webhook(
        scope=scope,
        webhook_id=webhook_id,
        name=webhook.name,
        url=webhook.url,
        events=webhook.events,
        is_enabled=not webhook.is_enabled,
        at=now(),
    )
    messages.success(request, "The webhook is off." if webhook.is_enabled else "The webhook is on.")
    return redirect("webhooks:detail", webhook_id=webhook_id)


@require_POST
@_managed
def rotate(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook, secret = actions.rotate_secret(scope=scope_of(request), webhook_id=webhook_id, at=now())
    return _secret(request, webhook, secret)


@require_POST
@_managed
def remove(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    return _acted(request, actions.remove_webhook, "webhooks:list", {}, "Removed.", webhook_id=webhook_id)


@require_POST
@_managed
def test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    said = "A test event is on its way; the log says how it fared."
    return _acted(
        request, actions.send_test, "webhooks:detail", {"webhook_id": webhook_id}, said, webhook_id=webhook_id
    )


@require_POST
@_managed
def send_again(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    where = {"webhook_id": webhook_id, "delivery_id": delivery_id}
    return _acted(request, actions.send_again, "webhooks:delivery", where, "It is sent again.", delivery_id=delivery_id)


def _acted(
    request: HttpRequest, verb: Callable[..., Any], to: str, where: dict[str, Any], said: str, **named: UUID
) -> HttpResponse:
    verb(scope=scope_of(request), at=now(), **named)
    messages.success(request, said)
    return redirect(to, **where)


def _secret(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    """The only page that shows the secret: answered to the POST, stored nowhere."""
    with reading(request):
        context = {"webhook": webhook, "secret": secret}
        response = render(request, "governance/webhooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response
