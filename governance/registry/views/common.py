"""What the pages of one system share: their tabs, and versions and moments from the address."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from governance.errors import NotFound
from governance.registry.facts import facts
from governance.registry.models import System
from governance.registry.queries import VersionText
from governance.scope import Capability
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
    "status": "Status",
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
    why_not = scope_of(request).why_not(Capability.PROPOSE, to="propose a change")
    may_mend = scope_of(request).can(Capability.FIX_DATA)
    mend = reverse("admin:governance_system_change", args=[system.pk]) if may_mend else ""
    shared = {
        "system": system,
        "tab": name,
        "tab_label": _TABS[name],
        "tabs": tabs,
        "propose_refused": why_not,
        "mend": mend,
    }
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
