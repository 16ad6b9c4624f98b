from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import Invalid
from governance.notices import actions, outbox, queries
from governance.notices.forms import PreferenceForm
from governance.notices.models import MailState
from governance.notices.queries import Filter
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

_FOLDER = "governance/notices"


@require_safe
@scoped(None)
def index(request: HttpRequest) -> HttpResponse:
    """One's own notices, newest first; the URL holds the filters."""
    return _page(request)


@require_POST
@scoped(None)
def read(request: HttpRequest, notice_id: UUID | None = None) -> HttpResponse:
    """Mark one notice as read, or all up to the newest that was on the page."""
    text = request.POST.get("up_to", "")
    try:
        up_to = UUID(text) if text else None
    except ValueError:
        raise Invalid("up_to is the id of a notice.") from None
    actions.mark_read(scope=scope_of(request), notice_id=notice_id, up_to=up_to, at=now())
    if not wants_fragment(request):
        query = request.GET.urlencode()
        return redirect(f"{reverse('notices:list')}{'?' if query else ''}{query}")
    with reading(request):
        response = _page(request)
    response["HX-Trigger"] = json.dumps({"tars:counts": {}})
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def preferences(request: HttpRequest) -> HttpResponse:
    """How one's news is mailed."""
    scope = scope_of(request)
    with reading(request):
        form = PreferenceForm(request.POST or None, preference=queries.preference_of(scope))
    if request.method == "POST" and form.is_valid():
        actions.set_preference(scope=scope, mail=form.cleaned_data["mail"], muted=form.muted, at=now())
        messages.success(request, "Your mail settings are saved.")
        return redirect("notices:preferences")
    with reading(request):
        return render(request, f"{_FOLDER}/preferences.html", {"form": form}, status=422 if form.is_bound else 200)


def _page(request: HttpRequest) -> HttpResponse:
    asked = Filter(is_unread=request.GET.get("unread") == "1", kind=request.GET.get("kind", "").strip())
    number = int(text) if (text := request.GET.get("page", "1")).isdecimal() else 1
    found = queries.page_of(scope=scope_of(request), filter=asked, page=number)
    here = reverse("notices:list")
    tabs = [
        {"label": "All", "url": here, "current": not asked.is_unread},
        {
            "label": "Unread",
            "url": f"{here}?unread=1",
            "current": asked.is_unread,
            "count": found.unread,
            "loud": True,
        },
    ]
    return page_or_fragment(
        request,
        page=f"{_FOLDER}/page.html",
        fragment=f"{_FOLDER}/_notices.html",
        context={"found": found, "tabs": tabs, "query": request.GET.urlencode()},
    )


@require_safe
@scoped(None)
def outbox_page(request: HttpRequest) -> HttpResponse:
    """The mails of this tenant, one's own or all, newest first."""
    scope, state = scope_of(request), request.GET.get("state", "")
    number = int(text) if (text := request.GET.get("page", "1")).isdecimal() else 1
    here = reverse("notices:outbox")
    tabs = [{"label": "All", "url": here, "current": state not in MailState.values}]
    tabs += [{"label": one.label, "url": f"{here}?state={one}", "current": state == one} for one in MailState]
    context = {
        "page": outbox.page_of(scope=scope, state=state, page=number),
        "tabs": tabs,
        "sees_all": outbox.sees_all(scope),
        "goes_nowhere": outbox.goes_nowhere(),
    }
    return render(request, f"{_FOLDER}/outbox.html", context)


@require_safe
@scoped(None)
def mail(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """One mail as text, with how its sending went."""
    context = {
        "mail": outbox.mail_of(scope=scope_of(request), mail_id=mail_id),
        "goes_nowhere": outbox.goes_nowhere(),
    }
    return render(request, f"{_FOLDER}/mail.html", context)


@require_POST
@scoped(None)
def send_again(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """Queue a mail again."""
    actions.send_again(scope=scope_of(request), mail_id=mail_id, at=now())
    messages.success(request, "The mail is queued again.")
    return redirect("notices:mail", mail_id=mail_id)
