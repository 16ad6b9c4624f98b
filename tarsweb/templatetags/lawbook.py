"""Prose of the law in templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from governance.lawbook.prose import html

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    """A clause's text as HTML; what could be markup in it stays text."""
    return mark_safe(html(text))
