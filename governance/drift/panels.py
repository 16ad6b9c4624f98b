"""What higher slices show on a system's drift page: they register, so that `drift` draws what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.registry.models import System
from governance.scope import Scope

Maker = Callable[[Scope, System, str], Any]
"""`maker(scope, system, state)`: what its fragment reads as `panel`, or None for nothing."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A fragment's template, and what it reads as `panel`."""

    template: str
    panel: Any


_makers: dict[str, Maker] = {}


def register(template: str, maker: Maker) -> None:
    """Show a card above what is measured; called from `AppConfig.ready`, again without harm."""
    _makers[template] = maker


def drawn(*, scope: Scope, system: System, state: str) -> tuple[Panel, ...]:
    """Every card for a system in this state."""
    made = ((template, maker(scope, system, state)) for template, maker in _makers.items())
    return tuple(Panel(template, panel) for template, panel in made if panel is not None)
