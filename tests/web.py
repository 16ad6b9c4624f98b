"""Signed-in browsers without a browser."""

from __future__ import annotations

from typing import Any

from django.test import Client

from governance.identity.models import User
from governance.scope import Scope


def client_of(scope: Scope, **options: Any) -> Client:
    """A client signed in as the scope's person, working in the scope's tenant."""
    client = Client(**options)
    client.force_login(User.objects.get(id=scope.actor.user_id))
    session = client.session
    session["tenant_id"] = str(scope.tenant_id)
    session.save()
    return client
