"""A source of decisions that a test fills by hand, in place of what the product has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import numpy as np

from governance.drift import sources


class Stream:
    """Numbers and vectors of one system, read from where the mark stands."""

    def __init__(self, tenant_id: UUID, system_id: UUID) -> None:
        self.tenant_id, self.system_id = tenant_id, system_id
        self.rows: list[tuple[str, float | np.ndarray]] = []

    def add(self, metric: str, values: np.ndarray) -> None:
        self.rows.extend((metric, value) for value in values)

    def read(self, *, tenant_id: UUID, after: str, limit: int, at: datetime) -> sources.Batch:
        if tenant_id != self.tenant_id:
            return sources.Batch(after)
        start = int(after or 0)
        rows = self.rows[start : start + limit]
        batch = sources.Batch(str(start + len(rows)), is_more=len(rows) == limit)
        for metric, value in rows:
            if isinstance(value, np.ndarray):
                batch.vectors.setdefault((self.system_id, metric), []).append(value)
            else:
                batch.add(self.system_id, metric, float(value))
        return batch


@contextmanager
def only(stream: Stream) -> Iterator[None]:
    """The stream is the one source."""
    before = dict(sources._sources)
    sources._sources.clear()
    sources.register("stream", stream.read)
    try:
        yield
    finally:
        sources._sources.clear()
        sources._sources.update(before)
