"""When the next night is."""

from __future__ import annotations

from datetime import datetime

from dreams.cycles import signals, window
from dreams.cycles.choices import Chosen
from governance.scope import Scope


def next_window(*, scope: Scope, chosen: Chosen, at: datetime) -> tuple[datetime, datetime]:
    """The window of this night or the next: from, until. One query where the quietest hours are to be found."""
    hour = chosen.window_hour
    if hour is None:
        hour = window.quietest(signals.hours(scope=scope, at=at), hours=chosen.window_hours)
    return window.window(hour=hour, hours=chosen.window_hours, at=at)
