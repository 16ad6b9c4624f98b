"""What the pages of one system share: their tabs, and versions and moments from the address."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from governance.errors import NotFound
from governance.registry import queries
from governance.registry.facts import facts
from governance.registry.models import System
from governance.registry.queries import VersionText
from governance.scope import Capability, Scope
from governance.web import scope_of

MOST_SHOWN: Final = 200_000
"""Bytes of a constitution that a page draws line by line; a longer one is downloaded."""
_TABS: Final = {
    "detail": "Constitution",
    "versions": "History",
    "blame": "Who set what",
    "compare": "Compare",
    "time-machine": "Time machine",
    "dependencies": "Dependencies",
    "health": "Health",
}


def tab(request: HttpRequest, system: System, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    tabs = [
        {
            "label": label,
            "url": reverse(f"systems:{key}", args=[system.name]),
            "current": key == name,
            "count": system.constitution_version if key == "versions" else None,
        }
        for key, label in _TABS.items()
    ]
    may_propose = scope_of(request).can(Capability.PROPOSE)
    shared = {"system": system, "tab": name, "tab_label": _TABS[name], "tabs": tabs, "may_propose": may_propose}
    template = f"governance/registry/{name.replace('-', '_')}.html"
    return render(request, template, {**shared, **context}, status=status)


def document_of(version: VersionText) -> dict[str, Any]:
    document = version.constitution
    is_shown = len(version.canonical) <= MOST_SHOWN
    return {"version": version, "document": document, "facts": facts(document), "is_shown": is_shown}


def number_of(request: HttpRequest, parameter: str, default: int) -> int:
    """A version number from the URL; raises `NotFound` for text that is none."""
    text = request.GET.get(parameter, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NotFound(f"“{text[:40]}” is no version. Versions are numbered 1, 2, 3 …")
    return int(text) if text else default


def chosen(request: HttpRequest, scope: Scope, system: System, parameter: str, default: int) -> VersionText:
    """A version by its number, or by a moment at which it held. Raises `NotFound`."""
    text = request.GET.get(parameter, "").strip()
    if len(text) < 10 and "-" not in text:
        return queries.version(scope=scope, system=system, number=number_of(request, parameter, default))
    on = moment_of(text)
    found = queries.in_force(scope=scope, system=system, on=on) if on else None
    if found is None:
        raise NotFound(f"“{text[:40]}” is no version of {system.name} and no day or moment at which it had one.")
    return found


def moment_of(text: str) -> datetime | None:
    """A date (what held when that day was over) or a date and time in the reader's zone; None if it is neither."""
    try:
        found, day = parse_datetime(text) if len(text) > 10 else None, parse_date(text)
    except ValueError:
        return None
    if found is None and day is not None:
        found = datetime.combine(day, time.max)
    if found is None:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
