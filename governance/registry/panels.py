"""What higher slices show on the time machine and beside a system: they register, so that `registry` draws what it does not
know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.registry.models import System
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Panel:
    """A fragment's template, and what it reads as `panel`."""

    template: str
    panel: Any


Maker = Callable[[Scope, datetime], Any]
Beside = Callable[[Scope, System], Any]
_makers: dict[str, Maker] = {}
_beside: dict[str, Beside] = {}


def register(template: str, maker: Maker) -> None:
    """Show a fragment of how things stood at a moment; called from `AppConfig.ready`, again without harm."""
    _makers[template] = maker


def drawn(*, scope: Scope, on: datetime) -> list[Panel]:
    """Every registered panel, for that moment."""
    return [Panel(template, maker(scope, on)) for template, maker in _makers.items()]


def register_beside(template: str, maker: Beside) -> None:
    """Show a card beside a system's constitution; called from `AppConfig.ready`, again without harm."""
    _beside[template] = maker


def beside(*, scope: Scope, system: System) -> list[Panel]:
    """Every card that belongs beside this system."""
    return [Panel(template, maker(scope, system)) for template, maker in _beside.items()]
