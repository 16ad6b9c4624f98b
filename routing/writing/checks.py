"""A writer at an address that TARS never calls is named by `manage.py check`. It stops no start: nights go on without one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from governance.outbound import AddressRefused, demand_allowed


def register_checks() -> None:
    """Make `manage.py check`, and what runs it, look at the writer."""
    register(check_writer)


def check_writer(**_: Any) -> list[CheckMessage]:
    """The chosen service has an address that TARS never calls."""
    if not settings.WRITER_URL:
        return []
    try:
        demand_allowed(settings.WRITER_URL)
    except AddressRefused as error:
        return [Error(f"TARS_WRITER_URL: {error.sentence}", id="routing.E002")]
    return []
