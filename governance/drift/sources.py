"""Where decisions come from: slices above register what they have recorded, and the task reads it in bounded steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np


@dataclass(slots=True)
class Batch:
    """What a source read: numbers by (system, metric), vectors by (system, model), each in order, and where to go on.

    `after` is the source's own mark; the mark it was given where nothing is new. `is_more`: there is more to read at once.
    """

    after: str
    is_more: bool = False
    numbers: dict[tuple[UUID, str], list[float]] = field(default_factory=dict)
    vectors: dict[tuple[UUID, str], list[np.ndarray]] = field(default_factory=dict)

    def add(self, system_id: UUID, metric: str, value: float) -> None:
        self.numbers.setdefault((system_id, metric), []).append(value)


Read = Callable[..., Batch]
"""`read(tenant_id=…, after=…, limit=…, at=…)`, inside the tenant's transaction, in an order in which nothing appears behind the
mark later."""

_sources: dict[str, Read] = {}


def register(name: str, read: Read) -> None:
    """Add a source; called from `AppConfig.ready`, again without harm."""
    _sources[name] = read


def known() -> tuple[tuple[str, Read], ...]:
    return tuple(sorted(_sources.items()))


def before(at: datetime) -> datetime:
    """Rows that are stamped by a clock are read up to here: whoever stamped them earlier has committed by now."""
    return at - timedelta(minutes=5)
