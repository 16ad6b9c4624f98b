"""An embedder that could not embed stops the start with a sentence, and `manage.py check`; nothing falls back silently."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from governance.outbound import AddressRefused, demand_allowed
from routing.embeddings import minilm


def register_checks() -> None:
    """Make `manage.py check`, and what runs it, look at the embedder."""
    register(check_embedder)


def check_embedder(**_: Any) -> list[CheckMessage]:
    """The chosen model is not installed, or the chosen service has an address that TARS never calls."""
    said = _problem()
    return [Error(said, id="routing.E001")] if said else []


def refuse_useless_embedder() -> None:
    """For the start of a process that serves. Raises ImproperlyConfigured."""
    if said := _problem():
        raise ImproperlyConfigured(said)


def _problem() -> str:
    if settings.EMBEDDER == "minilm" and not minilm.is_installed():
        return minilm.NOT_INSTALLED
    if settings.EMBEDDER == "openai":
        try:
            demand_allowed(settings.EMBEDDER_URL)
        except AddressRefused as error:
            return f"TARS_EMBEDDER_URL: {error.sentence}"
    return ""
