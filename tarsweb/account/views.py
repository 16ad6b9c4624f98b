from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from governance.identity import passkey_challenge
from governance.identity.actions import set_profile
from governance.identity.models import User
from governance.web import now
from tarsweb.account.forms import ProfileForm
from tarsweb.account.queries import account


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Everything that is the person's own; POST saves name and time zone."""
    user = request.user
    assert isinstance(user, User)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "time_zone": user.time_zone})
    if request.method == "POST" and form.is_valid():
        set_profile(user=user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("account:index")
    context = {"form": form, "account": account(user=user, host=request.get_host()), "at": now()}
    return render(request, "tarsweb/account/page.html", context, status=422 if form.errors else 200)


@require_POST
def challenge(request: HttpRequest) -> HttpResponse:
    """A new challenge for the person's passkeys, before a form that confirms is sent (static/js/passkey.js)."""
    if not isinstance(request.user, User):
        return JsonResponse({"detail": "You are signed out. Sign in again."}, status=403)
    return JsonResponse(passkey_challenge.begin(request, user=request.user, at=now()))
