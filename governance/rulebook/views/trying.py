from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.errors import DomainError
from governance.rulebook.actions.cases import save_case
from governance.rulebook.asked import AskedCase, asked_of
from governance.rulebook.forms.cases import SaveCaseForm
from governance.rulebook.queries.tried import Tried, moment_asked, tried
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, reading, scope_of, scoped


@require_safe
@scoped(to="try a case")
def page(request: HttpRequest) -> HttpResponse:
    """A case in the address, and what would be answered now. Nothing is kept."""
    case = _case(request.GET)
    if request.GET.get("apply") or request.GET.get("add"):
        return redirect(f"{reverse('rulebook:try')}?{case.query()}")
    scope = scope_of(request)
    answer = tried(scope=scope, case=case, at=now())
    return page_or_fragment(
        request,
        page="governance/rulebook/try.html",
        fragment="governance/rulebook/_try.html",
        context=_context(scope, answer, form=_form_for(answer)),
    )


@require_POST
@scoped(to="try a case")
def save(request: HttpRequest) -> HttpResponse:
    """Keep the case of the address as a regression test."""
    scope, case, form = scope_of(request), _case(request.POST), SaveCaseForm(request.POST)
    if form.is_valid():
        try:
            saved = save_case(scope=scope, at=now(), **_wish(case, form))
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("rulebook:case", case_id=saved.id)
    with reading(request):
        context = _context(scope, tried(scope=scope, case=case, at=now()), form=form)
        return render(request, "governance/rulebook/try.html", context, status=422)


def _wish(case: AskedCase, form: SaveCaseForm) -> dict[str, Any]:
    is_fixed = form.cleaned_data["is_fixed"]
    return {
        "system_name": case.system,
        "action": case.action,
        "facts": case.facts(),
        "decided_at": moment_asked(case, at=now()) if is_fixed else None,
        **form.wish(),
    }


def _case(asked: QueryDict) -> AskedCase:
    return asked_of(
        single={name: str(asked[name]) for name in asked}, names=asked.getlist("name"), values=asked.getlist("value")
    )


def _form_for(answer: Tried) -> SaveCaseForm:
    decided = answer.why
    rules = " ".join(ground.rule for ground in decided.because) if decided else ""
    return SaveCaseForm(initial={"expected": decided.outcome if decided else "deny", "expected_rules": rules})


def _context(scope: Scope, answer: Tried, *, form: SaveCaseForm) -> dict[str, Any]:
    return {
        "tried": answer,
        "case": answer.case,
        "why": answer.why,
        "form": form,
        "is_form": True,
        "system": answer.case.system,
        "save_refused": scope.why_not(Capability.PROPOSE, to="save a case"),
    }
