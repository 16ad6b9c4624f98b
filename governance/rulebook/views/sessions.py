"""The sessions' pages. Looking at a session here never begins its hour anew: that is for those who work under it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST, require_safe

from governance.errors import Invalid
from governance.rulebook import english, sentences, session_actions, session_names, session_queries
from governance.rulebook.forms.rules import SessionFilterForm
from governance.scope import Capability
from governance.web import now, page_or_fragment, scope_of, scoped

PER_PAGE = 50


@require_safe
@scoped(to="see sessions")
def index(request: HttpRequest) -> HttpResponse:
    """Sessions with rules in force, narrowed by the URL; `?session=` opens one by its name."""
    if wanted := request.GET.get("session", "").strip():
        return redirect("sessions:detail", session=session_names.checked(wanted))
    scope, form = scope_of(request), SessionFilterForm(request.GET)
    text = form.text()
    rows = session_queries.sessions(scope=scope, at=now(), text=text)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": [session_queries.line_of(row) for row in page], "text": text, "form": form}
    return page_or_fragment(
        request,
        page="governance/rulebook/sessions.html",
        fragment="governance/rulebook/_sessions.html",
        context=context,
    )


@require_safe
@scoped(to="see a session")
def detail(request: HttpRequest, session: str) -> HttpResponse:
    """The tray of one session: each sentence, what of it is enforced, and how long it lives."""
    scope = scope_of(request)
    tray = session_queries.tray(scope=scope, name=session, at=now())
    context = {
        "tray": tray,
        "promote": [(rule, _promotion(rule.id)) for rule in tray.rules],
        "add_refused": scope.why_not(Capability.PROPOSE, to="add a session rule"),
        "next_out": tray.rules[0] if tray.is_near_full and tray.rules else None,
        "extensions": session_actions.EXTENSIONS,
    }
    return render(request, "governance/rulebook/session.html", context)


@require_safe
@scoped(to="see a session")
def understood(request: HttpRequest) -> HttpResponse:
    """What would be enforced of a sentence, while it is typed."""
    text = request.GET.get("rule", "").strip()
    context: dict[str, Any] = {"text": text}
    if text:
        try:
            context["effect"] = english.effect(sentences.checked(text))
        except Invalid as fault:
            context["fault"] = fault.sentence
    return render(request, "governance/rulebook/_understood.html", context)


@require_POST
@scoped(to="see a session")
def add(request: HttpRequest, session: str) -> HttpResponse:
    made = session_actions.update_session(
        scope=scope_of(request), session=session, rule=request.POST.get("rule", ""), at=now()
    )
    if not made.is_new:
        messages.success(request, f"“{made.rule.text}” was there already; the session’s hour begins anew.")
    elif made.evicted:
        messages.warning(request, f"Added. The session was full, so “{made.evicted[0].rule}” fell out.")
    else:
        messages.success(request, f"“{made.rule.text}” is in force in {session}.")
    return redirect("sessions:detail", session=session)


@require_POST
@scoped(to="see a session")
def reset(request: HttpRequest, session: str) -> HttpResponse:
    _, ended = session_actions.reset_session(scope=scope_of(request), session=session, at=now())
    count = f"{len(ended)} rule" if len(ended) == 1 else f"{len(ended)} rules"
    messages.success(request, f"{session} was reset: {count} ended.")
    return redirect("sessions:detail", session=session)


@require_POST
@scoped(to="see a session")
def extend(request: HttpRequest, session: str, rule_id: UUID) -> HttpResponse:
    minutes = {str(one): one for one in session_actions.EXTENSIONS}.get(request.POST.get("minutes", ""), 0)
    rule = session_actions.extend_rule(
        scope=scope_of(request), session=session, rule_id=rule_id, minutes=minutes, at=now()
    )
    messages.success(request, f"“{rule.text}” lives {minutes} minutes longer.")
    return redirect("sessions:detail", session=session)


@require_POST
@scoped(to="see a session")
def revoke(request: HttpRequest, session: str, rule_id: UUID) -> HttpResponse:
    rule = session_actions.revoke_rule(scope=scope_of(request), session=session, rule_id=rule_id, at=now())
    messages.success(request, f"“{rule.text}” is revoked. Its end is on the ledger.")
    return redirect("sessions:detail", session=session)


def _promotion(rule_id: UUID) -> str:
    """Where a rule that proved itself is proposed as law."""
    try:
        return reverse("lawbook:promote_session_rule", args=[rule_id])
    except NoReverseMatch:
        return ""
