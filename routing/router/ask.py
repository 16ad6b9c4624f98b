"""The ask page: type a request, see who would get it and why not the others. Nothing is kept and nothing is done."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from governance.errors import DomainError
from governance.registry.queries import names as system_names
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from routing.router.choosing import choose
from routing.router.forms import AskForm
from routing.router.ranking import Candidate, Choice, Source

_OUTCOMES: Final = {
    "permit": ("may do it", "tighten", "✓"),
    "require_approval": ("needs approval first", "expand", "◆"),
    "deny": ("may not do it", "bad", "✕"),
}
_SOURCES: Final = {
    "named": "You named it",
    "rule": "A rule sends requests like this there",
    "capability": "By what it can do",
    "default": "The fallback system",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A candidate as the page draws it."""

    one: Candidate
    is_chosen: bool
    is_alternative: bool

    @property
    def percent(self) -> int:
        return round(self.one.score * 100)

    @property
    def why(self) -> str:
        if self.one.source is Source.RULE and any(veto.code == "below_threshold" for veto in self.one.vetoes):
            return "By the nearest rule that names it"
        said = _SOURCES[self.one.source.value]
        return f"{said}, as alternative {self.one.place}" if self.one.place else said

    @property
    def cost(self) -> str:
        """Dollars with two to four digits behind the point; "" where nothing is known."""
        return cost_of(self.one)

    @property
    def outcome(self) -> str:
        return _OUTCOMES[self.one.outcome][0] if self.one.outcome else ""

    @property
    def tone(self) -> str:
        return _OUTCOMES[self.one.outcome][1] if self.one.outcome else ""

    @property
    def mark(self) -> str:
        return _OUTCOMES[self.one.outcome][2] if self.one.outcome else ""


def cost_of(one: Candidate) -> str:
    if not one.predicted:
        return ""
    whole, _, digits = f"{Decimal(one.predicted['cost_usd']):.4f}".partition(".")
    return f"{whole}.{digits.rstrip('0').ljust(2, '0')}"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None, to="ask where a request goes")
def page(request: HttpRequest) -> HttpResponse:
    """The form; posted, the decision below it. `?text=` fills the form in and asks nothing: texts stay out of addresses."""
    scope = scope_of(request)
    if not scope.can(Capability.REQUEST):
        scope.demand(Capability.READ_RECORD, to="ask where a request goes")
    initial = {name: request.GET.get(name, "") for name in ("text", "system", "action")}
    with reading(request):
        form = AskForm(
            request.POST if request.method == "POST" else None, names=system_names(scope=scope), initial=initial
        )
        choice, refusal = _asked(scope, form)
        context = {
            "form": form,
            "choice": choice,
            "bars": _bars(choice) if choice else [],
            "cost": cost_of(choice.chosen) if choice and choice.chosen else "",
            "threshold_percent": round(choice.threshold * 100) if choice else 0,
            "refusal": refusal,
            "may_write": scope.can(Capability.ROUTE),
            "may_read": scope.can(Capability.READ_RECORD),
        }
        answer = page_or_fragment(
            request, page="routing/router/ask.html", fragment="routing/router/_decision.html", context=context
        )
    if refusal:
        answer.status_code = refusal.status
    return answer


def _asked(scope: Scope, form: AskForm) -> tuple[Choice | None, DomainError | None]:
    if not form.is_bound or not form.is_valid():
        return None, None
    said = form.cleaned_data
    try:
        found = choose(scope=scope, text=said["text"], action=said["action"], wanted=said["system"], at=now())
    except DomainError as refusal:
        return None, refusal
    return found, None


def _bars(choice: Choice) -> list[Bar]:
    return [Bar(one, one is choice.chosen, one in choice.alternatives) for one in choice.candidates]
