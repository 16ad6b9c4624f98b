from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.scope import Capability
from governance.tokens import queries
from governance.tokens.actions import Issued, issue_token, revoke_token
from governance.tokens.forms import WORDS, IssueForm
from governance.web import now, reading, scope_of, scoped

PER_PAGE = 25


@require_safe
@scoped(None)
def index(request: HttpRequest) -> HttpResponse:
    """One's own tokens and those one may revoke, with a form for another."""
    return _drawn(request, form=_form(request))


@require_POST
@scoped(None)
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a token; the page that answers is the only one that ever shows its secret."""
    with reading(request):
        form = _form(request, request.POST)
        if not form.is_valid():
            return _drawn(request, form=form, status=422)
    data = form.cleaned_data
    try:
        issued = issue_token(
            scope=scope_of(request),
            name=data["name"],
            scopes=[Capability(one) for one in data["scopes"]],
            days=data["days"],
            system_name=data.get("system", ""),
            at=now(),
        )
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, form=form, refusal=refusal, status=refusal.status)
    with reading(request):
        response = _drawn(request, form=_form(request), issued=issued)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@scoped(None)
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End a token now."""
    try:
        token = revoke_token(
            scope=scope_of(request), token_id=token_id, because=request.POST.get("reason", ""), at=now()
        )
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, form=_form(request), refusal=refusal, status=refusal.status)
    messages.success(request, f"{token.name} is revoked. The next request with it is refused.")
    return redirect("tokens:list")


def _form(request: HttpRequest, data: Any = None) -> IssueForm:
    scope = scope_of(request)
    return IssueForm(data, held=queries.grantable(scope=scope), systems=queries.speakable(scope=scope))


def _drawn(
    request: HttpRequest,
    *,
    form: IssueForm,
    issued: Issued | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    scope, at = scope_of(request), now()
    page = Paginator(queries.tokens(scope=scope), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [queries.line_of(token, scope=scope, at=at) for token in page.object_list],
        "words": WORDS,
        "form": form if form.fields["scopes"].choices else None,  # type: ignore[attr-defined]
        "issued": issued,
        "refusal": refusal,
    }
    return render(request, "governance/tokens/page.html", context, status=status)
