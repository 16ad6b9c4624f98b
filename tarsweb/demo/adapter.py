"""The door: the demo's people sign in on the machine that made them, and nowhere else."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.stagekit import clear_login
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from governance.identity.adapters import ClosedSignup
from governance.identity.models import User
from tarsweb.demo.passwords import is_refused

REFUSED = "This is an account of the demo, which may sign in only on the machine that TARS runs on."


class DemoGate(ClosedSignup):
    """allauth's adapter with that one rule more."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password; the demo's people are told why they stay outside."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if isinstance(user, User) and is_refused(user):
            raise ValidationError(REFUSED, code="demo_refused")
        return user

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **options: Any) -> HttpResponse | None:
        """The same for every road that needs no password here (a code, a passkey, a provider)."""
        if isinstance(user, User) and is_refused(user):
            clear_login(request)
            messages.error(request, REFUSED)
            return redirect("account_login")
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response
