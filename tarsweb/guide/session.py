"""Where a person is on the path: in their session, so that it works on every page and without JavaScript."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tarsweb.guide.steps import STEPS, Step, after, step_of

HERE, SEEN = "guide_step", "guide_seen"


def enter(request: HttpRequest, step: Step) -> None:
    request.session[HERE] = step.number
    request.session[SEEN] = sorted({*seen(request), step.key})


def leave(request: HttpRequest) -> None:
    request.session.pop(HERE, None)


def seen(request: HttpRequest) -> list[str]:
    """The keys of the steps that this session has shown."""
    found = request.session.get(SEEN, [])
    return [step.key for step in STEPS if step.key in found]


def banner(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `{{ guide }}` is the banner's step with the one after it, or None off the path."""
    return {"guide": SimpleLazyObject(lambda: _banner(request))}


def _banner(request: HttpRequest) -> dict[str, Any] | None:
    session, user = getattr(request, "session", None), getattr(request, "user", None)
    if session is None or user is None or not user.is_authenticated:
        return None
    step = step_of(session.get(HERE, 0))
    return {"step": step, "next": after(step), "total": len(STEPS)} if step else None
