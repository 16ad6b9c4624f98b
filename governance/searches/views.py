from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError
from governance.scope import Capability
from governance.searches import actions, queries
from governance.searches.forms import SaveForm
from governance.searches.models import PAGES
from governance.web import now, reading, scope_of, scoped


@require_safe
@scoped(None)
def list_page(request: HttpRequest) -> HttpResponse:
    """All of one's own searches, to rename, share, star and remove."""
    scope = scope_of(request)
    context = {"searches": queries.mine(scope=scope), "may_share": scope.can(Capability.READ_RECORD)}
    return render(request, "governance/searches/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def save_page(request: HttpRequest) -> HttpResponse:
    """Name the filters of a list; a POST keeps them and goes back to the list."""
    if request.method != "POST":
        asked = {"page": request.GET.get("page", ""), "query": request.GET.get("query", "")}
        return _form(request, SaveForm(initial=asked), page=asked["page"])
    form = SaveForm(request.POST)
    page = request.POST.get("page", "")
    if not form.is_valid():
        with reading(request):
            return _form(request, form, page=page, status=422)
    try:
        made = actions.save_search(scope=scope_of(request), **form.cleaned_data, at=now())
    except DomainError as error:
        with reading(request):
            return _form(request, form, page=page, error=error, status=error.status)
    messages.success(request, f"Saved as {made.name}.")
    return redirect(f"{reverse(made.page)}?{made.query}")


@require_POST
@scoped(None)
def act(request: HttpRequest, search_id: UUID, verb: str) -> HttpResponse:
    """Rename, share, star or remove one of one's own."""
    scope, at = scope_of(request), now()
    is_on = request.POST.get("on") == "1"
    if verb == "remove":
        actions.remove_search(scope=scope, search_id=search_id, at=at)
    elif verb == "rename":
        actions.change_search(scope=scope, search_id=search_id, name=request.POST.get("name", ""), at=at)
    elif verb == "share":
        actions.change_search(scope=scope, search_id=search_id, is_shared=is_on, at=at)
    else:
        actions.change_search(scope=scope, search_id=search_id, is_default=is_on, at=at)
    messages.success(request, "The search is removed." if verb == "remove" else "Saved.")
    return redirect("searches:list")


def _form(
    request: HttpRequest, form: SaveForm, *, page: str, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    back = reverse(page) if page in PAGES else reverse("searches:list")
    context = {"form": form, "error": error, "back": back, "label": PAGES.get(page, "")}
    return render(request, "governance/searches/save.html", context, status=status)
