"""`{% load rulebook %}`: what the templates of the rulebook's pages share."""

from __future__ import annotations

from typing import Any

from django import template

from governance.rulebook.tabs import Tab, tabs

register = template.Library()


@register.simple_tag(takes_context=True)
def rulebook_tabs(context: dict[str, Any]) -> list[Tab]:
    """The rulebook's tabs, as the page being drawn sees them."""
    match = getattr(context["request"], "resolver_match", None)
    return tabs(match.view_name if match else "")
