"""Which writer this installation has, if any. The settings are read here and nowhere else in this package."""

from __future__ import annotations

from django.conf import settings

from governance.model_services import Service
from routing.writing.remote import Remote
from routing.writing.writer import Writer


def current() -> Writer | None:
    """The one that `TARS_WRITER_URL` names; None where none is set."""
    if not settings.WRITER_URL:
        return None
    return Remote(Service(url=settings.WRITER_URL, model=settings.WRITER_MODEL, key=settings.WRITER_KEY))


def is_set() -> bool:
    """Whether there is one."""
    return bool(settings.WRITER_URL)


def seconds() -> float:
    """How long a night's plan may wait for it in all."""
    return float(settings.WRITER_SECONDS)
