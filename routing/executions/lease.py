"""Keeps requests leased while their agents work, however long they say nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Thread
from typing import Final
from uuid import UUID

from django.db import connections

from governance import sql
from governance.sql import Statement
from governance.tenancy import in_tenant
from routing.executions import due

log = logging.getLogger(__name__)
EVERY: Final = due.LEASE.total_seconds() / 3


@dataclass(slots=True, eq=False)
class Lease:
    """`runner` works on one request. `is_held`: it has it already; otherwise it takes it first, if it is to be had."""

    tenant_id: UUID
    request_id: UUID
    runner: str
    clock: Callable[[], datetime]
    is_held: bool = True

    def keeping(self) -> Statement:
        """Take or keep it, inside the tenant's transaction; changes no row when it is somebody else's."""
        keep = due.renewing if self.is_held else due.taking
        self.is_held = True
        return keep(tenant_id=self.tenant_id, request_id=self.request_id, runner=self.runner, at=self.clock())

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew it now and then, from another thread, until the block ends."""
        _keeper.add(self)
        try:
            yield
        finally:
            _keeper.remove(self)


class _Keeper:
    """Renews every lease of this process that is kept, in one thread that is there as long as there are any."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._next: dict[Lease, float] = {}
        self._thread: Thread | None = None

    def add(self, lease: Lease) -> None:
        with self._changed:
            self._next[lease] = time.monotonic() + EVERY
            if self._thread is None:
                self._thread = Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def remove(self, lease: Lease) -> None:
        with self._changed:
            del self._next[lease]

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(EVERY / 10)
                now = time.monotonic()
                old = [lease for lease, moment in self._next.items() if moment <= now]
                self._next.update(dict.fromkeys(old, now + EVERY))
                if not self._next:
                    self._thread = None
                    return
            for lease in old:
                _renew(lease)
            if old:
                connections.close_all()


def _renew(lease: Lease) -> None:
    try:
        with in_tenant(lease.tenant_id):
            sql.run(lease.keeping())
    except Exception:
        log.exception("request %s: its lease could not be renewed", lease.request_id)


_keeper: Final = _Keeper()
