from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.registry.queries import names as system_names
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from routing.router import actions, export, panel, queries
from routing.router.forms import RuleForm, moved_up
from routing.router.queries import RuleLine

PER_PAGE = 25
STATES = (("on", "On"), ("off", "Off"))
ORIGINS = (("people", "Written by people"), ("learned", "Learned"))


@require_safe
@scoped(to="read the routing rules")
def index(request: HttpRequest) -> HttpResponse:
    """The routing rules of the tenant, filtered by the URL."""
    scope = scope_of(request)
    filter = export.filter_of(request.GET)
    page = Paginator(queries.rules(scope=scope, filter=filter), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": queries.lines_of(scope=scope, rows=page.object_list),
        "filter": filter,
        "systems": system_names(scope=scope),
        "choices": {"state": STATES, "origin": ORIGINS},
        "refused": scope.why_not(Capability.ROUTE, to="write a routing rule"),
        "above": panel.above_rules(scope),
    }
    return page_or_fragment(
        request, page="routing/router/list.html", fragment="routing/router/_routing.html", context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="write a routing rule")
def write(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    return _formed(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="edit a routing rule")
def edit(request: HttpRequest, routing_rule_id: UUID) -> HttpResponse:
    """A rule, to say anew."""
    return _formed(request, routing_rule_id)


@require_safe
@scoped(to="read a routing rule")
def detail(request: HttpRequest, routing_rule_id: UUID) -> HttpResponse:
    """One rule, with what the ledger says about it."""
    return _drawn(request, routing_rule_id)


@require_POST
@scoped(to="switch a routing rule")
def switch(request: HttpRequest, routing_rule_id: UUID) -> HttpResponse:
    """Turn a rule on or off."""
    scope, is_active = scope_of(request), request.POST.get("to") == "on"
    try:
        actions.switch_rule(scope=scope, rule_id=routing_rule_id, is_active=is_active, at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, routing_rule_id, refusal=refusal)
    messages.success(request, "The rule is on." if is_active else "The rule is off. It stays here with its history.")
    return redirect("routing:detail", routing_rule_id)


def _formed(request: HttpRequest, rule_id: UUID | None) -> HttpResponse:
    scope = scope_of(request)
    with reading(request):
        line = _line(request, rule_id) if rule_id else None
        names = system_names(scope=scope)
    scope.demand(Capability.ROUTE, to="write a routing rule")
    if "move" in request.POST:
        return _reordered(request, names, line)
    form = RuleForm(request.POST if request.method == "POST" else None, names=names, line=line)
    refusal = None
    if form.is_bound and form.is_valid():
        try:
            made = (
                actions.edit_rule(scope=scope, rule_id=rule_id, wish=form.wish, at=now())
                if rule_id
                else actions.write_rule(scope=scope, wish=form.wish, at=now())
            )
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, "The rule is in force: the next request is compared with it.")
            return redirect("routing:detail", made.id)
    with reading(request):
        status = refusal.status if refusal else 422 if form.is_bound else 200
        context = {"form": form, "refusal": refusal, "rule": line}
        return render(request, "routing/router/form.html", context, status=status)


def _reordered(request: HttpRequest, names: Sequence[str], line: RuleLine | None) -> HttpResponse:
    """The form again with an alternative moved up; nothing is saved."""
    number = request.POST["move"]
    form = RuleForm(names=names, line=line, typed=moved_up(request.POST.dict(), number))
    if number == "2":
        # the first has no button that could keep the focus
        form.fields["alternative_1"].widget.attrs["autofocus"] = True
    with reading(request):
        return render(request, "routing/router/form.html", {"form": form, "rule": line, "moved": number})


def _drawn(request: HttpRequest, rule_id: UUID, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    context = {
        "rule": _line(request, rule_id),
        "history": queries.history(scope=scope, rule_id=rule_id),
        "refusal": refusal,
        "refused": scope.why_not(Capability.ROUTE, to="edit a routing rule"),
        "panels": panel.of_rule(scope, rule_id),
    }
    return render(request, "routing/router/detail.html", context, status=refusal.status if refusal else 200)


def _line(request: HttpRequest, rule_id: UUID) -> queries.RuleLine:
    scope = scope_of(request)
    (line,) = queries.lines_of(scope=scope, rows=[queries.rule(scope=scope, rule_id=rule_id)])
    return line
