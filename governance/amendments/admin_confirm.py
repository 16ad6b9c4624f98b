"""The page between an action of the admin's lists and the verb: what it will do, why, and who is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from governance.amendments import actions
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import roll_back_preview
from governance.approvals.quorum import Requirement, sentence
from governance.errors import DomainError, NotFound
from governance.identity.confirm import Confirmation, confirm, factor_of
from governance.scope import Scope
from governance.web import now, reading, scope_of


@dataclass(frozen=True, slots=True)
class Act:
    """One thing an admin's list can do: its words, whether it needs a note, and the verb."""

    label: str
    title: str
    done: str
    needs_note: bool
    verb: Callable[..., Any]
    note_is: str = "note"


ACTS = {
    "approve": Act("Approve…", "Approve", "approved", False, actions.approve),
    "reject": Act("Reject…", "Reject", "rejected", True, actions.reject),
    "roll-back": Act("Roll back…", "Roll back", "rolled back", True, actions.roll_back, note_is="reason"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One amendment on the page. `digest` is what is shown and will be signed; `refusal` says why it was refused."""

    number: int
    label: str
    sentence: str
    state: str
    needs: str
    digest: str
    url: str
    refusal: str = ""


def page(request: HttpRequest, *, act: str, acts: Sequence[str], model_admin: Any) -> HttpResponse:
    """Show what is selected (GET), or do it to each (POST); each is one decision of its own."""
    if act not in acts or not model_admin.has_view_permission(request):
        raise Http404
    if request.method != "POST":
        return _shown(request, act=act, model_admin=model_admin, numbers=_numbers(request.GET))
    return _done(request, act=act, model_admin=model_admin)


def _done(request: HttpRequest, *, act: str, model_admin: Any) -> HttpResponse:
    at, numbers = now(), _numbers(request.POST)
    options: dict[str, Any] = {"act": act, "model_admin": model_admin}
    try:
        confirmation = confirm(user=request.user, answer=request.POST.get("confirm", ""), at=at, request=request)  # type: ignore[arg-type]
    except DomainError as refusal:
        return _again(request, numbers=numbers, refusals={}, refusal=refusal, **options)
    refusals: dict[int, DomainError] = {}
    for number in numbers:
        try:
            _decide(request, act=ACTS[act], number=number, confirmation=confirmation, at=at)
            messages.success(request, f"AMD-{number}: {ACTS[act].done}, signed and on the ledger.")
        except DomainError as refusal:
            refusals[number] = refusal
    if refusals or not numbers:
        first = next(iter(refusals.values()), NotFound("Nothing is selected."))
        return _again(request, numbers=list(refusals), refusals=refusals, refusal=first, **options)
    return HttpResponseRedirect(reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"))


def _decide(request: HttpRequest, *, act: Act, number: int, confirmation: Confirmation, at: datetime) -> None:
    act.verb(
        scope=scope_of(request),
        number=number,
        digest=request.POST.get(f"digest-{number}", ""),
        confirmation=confirmation,
        at=at,
        **{act.note_is: request.POST.get("note", "")},
    )


def _again(
    request: HttpRequest,
    *,
    act: str,
    model_admin: Any,
    numbers: list[int],
    refusals: dict[int, DomainError],
    refusal: DomainError,
) -> HttpResponse:
    with reading(request):
        response = _shown(
            request, act=act, model_admin=model_admin, numbers=numbers, refusals=refusals, refusal=refusal
        )
        return response.render()


def _shown(
    request: HttpRequest,
    *,
    act: str,
    model_admin: Any,
    numbers: list[int],
    refusals: dict[int, DomainError] | None = None,
    refusal: DomainError | None = None,
) -> TemplateResponse:
    lines = [
        _line(scope_of(request), act=act, number=number, refusal=(refusals or {}).get(number)) for number in numbers
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{ACTS[act].title}: what you will sign",
        "opts": model_admin.opts,
        "act": ACTS[act],
        "lines": [line for line in lines if line is not None],
        "note": request.POST.get("note", ""),
        "refusal": "" if refusals else (refusal.sentence if refusal else ""),
        "factor": factor_of(request.user),  # type: ignore[arg-type]
    }
    return TemplateResponse(
        request, "admin/governance/confirm.html", context, status=refusal.status if refusal else 200
    )


def _line(scope: Scope, *, act: str, number: int, refusal: DomainError | None) -> Line | None:
    proposal = (
        AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, number=number)
        .select_related("system", "request")
        .first()
    )
    if proposal is None:
        return None
    said, needs, digest = _asks_for(scope, act=act, proposal=proposal)
    return Line(
        number=number,
        label=f"{proposal.label} on {proposal.system.name}",
        sentence=said,
        state=proposal.get_state_display(),
        needs=needs,
        digest=digest,
        url=reverse("amendments:detail", kwargs={"number": number}),
        refusal=refusal.sentence if refusal else "",
    )


def _asks_for(scope: Scope, *, act: str, proposal: AmendmentProposal) -> tuple[str, str, str]:
    """What would happen, what it needs, and the digest that names it."""
    if act == "roll-back":
        try:
            preview = roll_back_preview(scope=scope, number=proposal.number, at=now())
        except NotFound as missing:
            return missing.sentence, "", ""
        needs = preview.refused_because or f"{preview.needs} authorised {'person' if preview.needs == 1 else 'people'}"
        return preview.undo.sentence, needs, preview.digest
    request = proposal.request
    if request is None:
        return proposal.sentence, "nobody is asked right now", ""
    return proposal.sentence, sentence([Requirement.of(data) for data in request.requirements]), request.digest


def _numbers(data: Any) -> list[int]:
    found = {int(text) for text in data.getlist("numbers") if text.isdecimal() and len(text) < 19}
    return sorted(found)[:50]
