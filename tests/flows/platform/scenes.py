"""Somebody who works for the platform."""

from __future__ import annotations

from django.test import Client

from governance.identity.models import User
from tests import factories as make


def staff(name: str = "stan") -> User:
    person = make.user(name)
    person.is_platform_staff = True
    person.save(update_fields=["is_platform_staff"])
    return person


def client_for(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
