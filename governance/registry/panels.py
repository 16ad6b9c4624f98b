"""What higher slices show on the time machine: they register, so that `registry` draws what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Panel:
    """A fragment's template, and what it reads as `panel`."""

    template: str
    panel: Any


Maker = Callable[[Scope, datetime], Any]
_makers: dict[str, Maker] = {}


def register(template: str, maker: Maker) -> None:
    """Show a fragment of how things stood at a moment; called from `AppConfig.ready`, again without harm."""
    _makers[template] = maker


def drawn(*, scope: Scope, on: datetime) -> list[Panel]:
    """Every registered panel, for that moment."""
    return [Panel(template, maker(scope, on)) for template, maker in _makers.items()]
