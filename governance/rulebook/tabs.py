"""The pages of the rulebook as one row of tabs, whichever slice draws them. A tab shows up once its address exists."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

LABELS = {
    "rulebook:rules": gettext_noop("Rules"),
    "rulebook:try": gettext_noop("Try a case"),
    "rulebook:cases": gettext_noop("Cases"),
    "rulebook:verdicts": gettext_noop("Verdicts"),
    "sessions:list": gettext_noop("Sessions"),
    "lawbook:law": gettext_noop("Law"),
    "lawbook:import": gettext_noop("Import"),
}
_BELOW = {
    "rulebook:case": "rulebook:cases",
    "rulebook:coverage": "rulebook:cases",
    "rulebook:verdict": "rulebook:verdicts",
    "sessions:": "sessions:list",
    "rulebook:rule": "rulebook:rules",
    "lawbook:import": "lawbook:import",
    "lawbook:": "lawbook:law",
}
"""Beginnings of view names, and the tab that they lie below; the longest one wins."""


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool


def tabs(view_name: str) -> list[Tab]:
    """The tabs that exist, for the page called `view_name`."""
    here = view_name if view_name in LABELS else _below(view_name)
    found = ((name, _url(name)) for name in LABELS)
    return [Tab(gettext(LABELS[name]), url, name == here) for name, url in found if url]


def _below(view_name: str) -> str:
    known = [beginning for beginning in _BELOW if view_name.startswith(beginning)]
    return _BELOW[max(known, key=len)] if known else ""


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
