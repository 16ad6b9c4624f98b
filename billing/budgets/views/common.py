from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.errors import DomainError, NotFound
from governance.web import reading

Draw = Callable[[DomainError], HttpResponse]


def tabs(here: str, *, waiting: int = 0) -> list[dict[str, Any]]:
    """The pages of money, beside each other; `waiting` top-ups are loud."""
    labels = {
        "budgets:list": _("Budgets"),
        "budgets:systems": _("Systems"),
        "budgets:holds": _("Holds"),
        "budgets:top_ups": _("Top-ups"),
        "budgets:plans": _("Plans"),
        "budgets:prices": _("Prices"),
    }
    return [
        {
            "label": label,
            "url": reverse(name),
            "current": name == here,
            "count": waiting if waiting and name == "budgets:top_ups" else None,
            "loud": True,
        }
        for name, label in labels.items()
    ]


def posted(request: HttpRequest, act: Callable[[], Any], *, said: str, to: str, draw: Draw) -> HttpResponse:
    """Do it and go to `to`; a refusal is drawn on the page that the form stands on."""
    try:
        act()
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return draw(refusal)
    messages.success(request, said)
    return redirect(to)
