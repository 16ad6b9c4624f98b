"""The law as a document, and the way in for new law: look at what a file changes, then propose it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from governance.amendments.kinds import Basis
from governance.amendments.models import AmendmentProposal
from governance.errors import DomainError
from governance.lawbook import actions, queries
from governance.lawbook.formats import USUAL_NAMES
from governance.lawbook.forms import SHOWN_TEXT, ImportForm, PromoteForm, ProposeForm
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped

_FOLDER = "governance/lawbook"


@require_safe
@scoped(to="read the law")
def law(request: HttpRequest) -> HttpResponse:
    """Every document of the law with its clauses; `#gov.md/7.3` is an address of one."""
    scope = scope_of(request)
    found = queries.law_in_force(scope=scope)
    context = {
        "law": found,
        "documents": queries.documents(found.constitution),
        "may_import": scope.can(Capability.PROPOSE),
    }
    return render(request, f"{_FOLDER}/law.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="look at law")
def import_law(request: HttpRequest) -> HttpResponse:
    """GET: choose or paste. POST: look at what it changes, or propose it."""
    if request.method != "POST":
        start = {name: request.GET[name] for name in ("format", "name", "text") if name in request.GET}
        return render(request, f"{_FOLDER}/import.html", {"form": ImportForm(initial=start)})
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _drawn(request, form, status=422)
    propose = ProposeForm(request.POST)
    if request.POST.get("intent") != "propose":
        return _looked_at(request, form)
    if not propose.is_valid():
        return _looked_at(request, form, propose=propose, status=422)
    try:
        proposal = actions.propose_import(scope=scope_of(request), at=now(), **_asked(form, propose))
    except DomainError as refusal:
        return _looked_at(request, form, propose=propose, refusal=refusal, status=refusal.status)
    return _to(request, proposal)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(Capability.PROPOSE, to="promote a session rule")
def promote(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """A session's rule as law: what it would say, how it did, and why it should last."""
    form, refusal = PromoteForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            proposal = actions.propose_promotion(
                scope=scope_of(request),
                rule_id=rule_id,
                reason=form.cleaned_data["reason"].strip(),
                base_version=form.cleaned_data["base_version"],
                at=now(),
            )
            return _to(request, proposal)
        except DomainError as error:
            refusal = error
    with reading(request):
        preview, promotion = queries.preview_promotion(scope=scope_of(request), rule_id=rule_id, at=now())
        if not form.is_bound:
            form = PromoteForm(initial={"base_version": preview.base_version})
        context = {"form": form, "preview": preview, "promotion": promotion, "refusal": refusal}
        status = refusal.status if refusal else 422 if form.errors else 200
        return render(request, f"{_FOLDER}/promote.html", context, status=status)


def _asked(form: ImportForm, propose: ProposeForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "format": data["format"],
        "name": data["name"],
        "content": form.content(),
        "base_version": data["base_version"],
        "evidence": propose.evidence(),
        "basis": Basis(propose.cleaned_data["basis"] or Basis.ORDINARY),
    }


def _looked_at(
    request: HttpRequest,
    form: ImportForm,
    *,
    propose: ProposeForm | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with what the file changes, or with why it cannot be read. Writes nothing."""
    data, content = form.cleaned_data, form.content()
    try:
        with reading(request):
            preview = queries.preview_import(
                scope=scope_of(request), format=data["format"], name=data["name"], content=content, at=now()
            )
    except DomainError as unread:
        return _drawn(request, form, refusal=refusal or unread, status=unread.status)
    shown = _kept(form, content, preview)
    rests = propose or ProposeForm(initial={"gov_md_section": preview.sections})
    return _drawn(request, shown, preview=preview, propose=rests, refusal=refusal, status=status)


def _kept(form: ImportForm, content: bytes, preview: queries.Preview) -> ImportForm:
    """The same form with the file's text in it, so that the proposal sends exactly what was looked at."""
    text = content.decode("utf-8", errors="replace") if len(content) <= SHOWN_TEXT else ""
    name = preview.name or USUAL_NAMES.get(preview.format, "")
    initial = {"format": preview.format, "name": name, "text": text, "base_version": preview.base_version}
    return ImportForm(initial=initial)


def _drawn(request: HttpRequest, form: ImportForm, *, status: int, **context: Any) -> HttpResponse:
    with reading(request):
        return render(request, f"{_FOLDER}/import.html", {"form": form, **context}, status=status)


def _to(request: HttpRequest, proposal: AmendmentProposal) -> HttpResponse:
    messages.success(request, f"{proposal.label} is proposed. The law in force stays until it is approved.")
    return redirect("amendments:detail", number=proposal.number)
