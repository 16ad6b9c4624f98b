"""Which embedder this installation has. The settings are read here and nowhere else in this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings

from routing.embeddings.embedder import Embedder
from routing.embeddings.errors import UnknownModel
from routing.embeddings.lexical import NAME as LEXICAL
from routing.embeddings.lexical import Lexical
from routing.embeddings.minilm import NAME as MINILM
from routing.embeddings.minilm import MiniLM
from routing.embeddings.recent import Recent
from routing.embeddings.remote import Remote, Service


def current() -> Embedder:
    """The one that new vectors are made with (`TARS_EMBEDDER`). Loads nothing yet; one per process, safe for threads."""
    match settings.EMBEDDER:
        case "lexical":
            return _lexical()
        case "openai":
            return _remote(service())
        case _:
            return _minilm()


def is_remote() -> bool:
    """Whether making a vector waits for an outside service: then it is made before anything is locked."""
    return settings.EMBEDDER == "openai"


def named(model: str) -> Embedder:
    """The one that made vectors kept under this name. Raises `UnknownModel`: they must be embedded again."""
    known: Mapping[str, Callable[[], Embedder]] = {MINILM: _minilm, LEXICAL: _lexical}
    if model in known:
        return known[model]()
    if settings.EMBEDDER_URL and service().name == model:
        return _remote(service())
    raise UnknownModel(
        f"Nothing here makes vectors of {model}. Set TARS_EMBEDDER_URL and TARS_EMBEDDER_MODEL back to where they came from, or "
        "embed those texts again."
    )


def service() -> Service:
    """The outside service as the settings have it."""
    return Service(
        url=settings.EMBEDDER_URL,
        model=settings.EMBEDDER_MODEL,
        key=settings.EMBEDDER_KEY,
        dimensions=settings.EMBEDDER_DIMENSIONS,
    )


@cache
def _minilm() -> Embedder:
    return Recent(MiniLM())


@cache
def _lexical() -> Embedder:
    return Lexical()


@cache
def _remote(where: Service) -> Embedder:
    return Recent(Remote(where))
