"""How Django REST framework learns of a token. The shell's middleware has read it; a wrong one never comes this far."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

REALM = 'Bearer realm="TARS"'


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer tars_…`. First in the settings, so that nobody without credentials reads 401 and not 403."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        bearer = getattr(request._request, "bearer", None)
        return None if bearer is None else (bearer.user, bearer)

    def authenticate_header(self, request: Request) -> str:
        return REALM
