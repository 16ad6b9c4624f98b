"""Two answers beside each other, without saying which is whose, and the stars that a person gives them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dreams.cycles import rating
from dreams.cycles.window import path_of
from governance.amendments.views.common import typed
from governance.errors import Invalid
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def compare(request: HttpRequest, dream_id: UUID) -> HttpResponse:
    """Up to forty pairs of answers that differ."""
    scope = scope_of(request)
    if request.method == "POST":
        return _rated(request, dream_id)
    with reading(request):
        found = rating.comparison(scope=scope, dream_id=dream_id)
    may = scope.can(Capability.PROPOSE)
    context = {
        "found": found,
        "stars": rating.STARS,
        "least": rating.LEAST_RATED,
        "night": path_of(found.dream.cycle_id),
        "refused": "" if may else _("Those who may propose an amendment give stars."),
    }
    return render(request, "dreams/cycles/compare.html", context)


def _rated(request: HttpRequest, dream_id: UUID) -> HttpResponse:
    key = typed(request, "request_key")
    first, second = (_star(typed(request, name)) for name in ("first", "second"))
    try:
        rating.rate(scope=scope_of(request), dream_id=dream_id, request_key=key, first=first, second=second, at=now())
    except Invalid as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Your stars are kept."))
    return redirect(f"{reverse('dreams:compare', args=[dream_id])}#pair-{key}")


def _star(said: str) -> int:
    return int(said) if said in map(str, rating.STARS) else 0
