"""The ask page: type a request, see who would get it and why not the others, hand it in. A preview keeps and does nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from governance.errors import DomainError
from governance.ids import new_id
from governance.registry.queries import names as system_names
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment
from routing.router.bars import bars_of, cost_of
from routing.router.choosing import choose
from routing.router.forms import AskForm
from routing.router.panel import below
from routing.router.queries import examples
from routing.router.ranking import Choice


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None, to="ask where a request goes")
def page(request: HttpRequest) -> HttpResponse:
    """The form; posted, the decision below it. `?text=` fills the form in and asks nothing: texts stay out of addresses."""
    scope = scope_of(request)
    if not scope.can(Capability.REQUEST):
        scope.demand(Capability.READ_RECORD, to="ask where a request goes")
    initial = {name: request.GET.get(name, "") for name in ("text", "system", "action")}
    with reading(request):
        data = request.POST if request.method == "POST" else None
        form = AskForm(data, names=system_names(scope=scope), initial=initial)
        choice, refusal = _asked(scope, form)
        return drawn(request, form, choice=choice, refusal=refusal)


def drawn(
    request: HttpRequest, form: AskForm, *, choice: Choice | None = None, refusal: DomainError | None = None
) -> HttpResponse:
    """The page, or its decision alone, inside the tenant's transaction; also for whoever takes the request on."""
    scope = scope_of(request)
    context = {
        "form": form,
        "choice": choice,
        "bars": bars_of(choice) if choice else [],
        "cost": cost_of(choice.chosen) if choice and choice.chosen else "",
        "threshold_percent": round(choice.threshold * 100) if choice else 0,
        "refusal": refusal,
        "may_write": scope.can(Capability.ROUTE),
        "may_read": scope.can(Capability.READ_RECORD),
        "key": new_id(now()),
        "examples": examples(scope=scope),
        "below": below(scope) if not wants_fragment(request) else [],
        "refused": scope.why_not(Capability.REQUEST, to="hand in a request"),
    }
    status = refusal.status if refusal else 200
    return page_or_fragment(
        request,
        page="routing/router/ask.html",
        fragment="routing/router/_decision.html",
        context=context,
        status=status,
    )


def _asked(scope: Scope, form: AskForm) -> tuple[Choice | None, DomainError | None]:
    if not form.is_bound or not form.is_valid():
        return None, None
    said = form.cleaned_data
    try:
        found = choose(scope=scope, text=said["text"], action=said["action"], wanted=said["system"], at=now())
    except DomainError as refusal:
        return None, refusal
    return found, None
