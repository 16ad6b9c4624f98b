"""What dreams may move and how far: edited as a form, kept as an ordinary proposal, never changed here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dreams.cycles import acting, bounding
from dreams.cycles.bounds_form import BoundsForm
from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.amendments.views.common import to_amendment, typed
from governance.constitution import sense
from governance.errors import DomainError, Invalid
from governance.registry.models import System
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped
from routing.writing import choice as writer

DRAFT = "draft"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see what dreams may move")
def bounds(request: HttpRequest, name: str) -> HttpResponse:
    """The bounds of one system; a POST proposes others."""
    with reading(request):
        system = acting.system_named(scope=scope_of(request), name=name)
    if request.method != "POST":
        return _page(request, system, BoundsForm(system.constitution))
    form = BoundsForm(system.constitution, request.POST)
    if not form.is_valid():
        return _page(request, system, form, status=422)
    try:
        made = _proposed(request, system, form)
    except DomainError as refusal:
        return _page(request, system, form, refusal=refusal, status=refusal.status)
    is_draft = typed(request, "intent") == DRAFT
    said = _("%(label)s is saved as a draft.") if is_draft else _("%(label)s is proposed.")
    return to_amendment(request, made.number, said=said % {"label": made.label})


def _proposed(request: HttpRequest, system: System, form: BoundsForm) -> AmendmentProposal:
    """An ordinary manual update, for people to decide."""
    wanted = form.wanted()
    if bounding.same_bounds(wanted, sense.tunable(system.constitution)):
        raise Invalid("Those are the bounds already. Change something first.")
    version = typed(request, "base_version")
    return amendments.propose(
        scope=scope_of(request),
        system_name=system.name,
        type=AmendmentType.MANUAL_UPDATE,
        basis=Basis.ORDINARY,
        constitution=bounding.bounded(system.constitution, wanted),
        evidence={"reason": reason} if (reason := typed(request, "reason")) else {},
        base_version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None,
        is_draft=typed(request, "intent") == DRAFT,
        at=now(),
    )


def _page(
    request: HttpRequest, system: System, form: BoundsForm, *, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "name": system.name,
        "version": system.constitution_version,
        "form": form,
        "places": bounding.places(system.constitution),
        "protected": sorted(sense.protected(system.constitution)),
        "has_writer": writer.is_set(),
        "reason": request.POST.get("reason", ""),
        "refusal": refusal,
        "refused": scope_of(request).why_not(Capability.PROPOSE, to="propose other bounds"),
    }
    with reading(request):
        return render(request, "dreams/cycles/bounds.html", context, status=status)
