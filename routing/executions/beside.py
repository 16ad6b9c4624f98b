"""What higher slices show on an execution's page, and who is told that somebody opened it: they register, so that this slice
draws and tells what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.registry.panels import Panel
from governance.scope import Scope

Maker = Callable[[Scope, UUID], Any]
_makers: dict[str, Maker] = {}
_listeners: dict[str, Callable[[Scope, UUID, datetime], None]] = {}


def register(template: str, maker: Maker) -> None:
    """Show a fragment on top of an execution's page where `maker` gives something; from `AppConfig.ready`, again without harm."""
    _makers[template] = maker


def listen(name: str, listener: Callable[[Scope, UUID, datetime], None]) -> None:
    """Be told of every opening, inside the transaction of the page; from `AppConfig.ready`, again without harm."""
    _listeners[name] = listener


def panels(*, scope: Scope, id: UUID) -> list[Panel]:
    """What belongs on this execution's page."""
    found = [Panel(template, maker(scope, id)) for template, maker in _makers.items()]
    return [one for one in found if one.panel is not None]


def opened(*, scope: Scope, id: UUID, at: datetime) -> None:
    """Somebody has opened it."""
    for listener in _listeners.values():
        listener(scope, id, at)
