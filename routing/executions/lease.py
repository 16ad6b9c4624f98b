"""Keeps one request leased while its agent works, however long it says nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Final
from uuid import UUID

from django.db import connections

from governance.tenancy import in_tenant
from routing.executions import due

log = logging.getLogger(__name__)
EVERY: Final = due.LEASE.total_seconds() / 3


@dataclass(frozen=True, slots=True)
class Lease:
    """`runner` works on one request."""

    tenant_id: UUID
    request_id: UUID
    runner: str
    clock: Callable[[], datetime]

    def renew(self) -> int | None:
        """Keep it, inside the tenant's transaction; the claims so far, or None when it was given back or is somebody else's."""
        return due.renew(tenant_id=self.tenant_id, request_id=self.request_id, runner=self.runner, at=self.clock())

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew it from a thread of its own until the block ends."""
        is_over = Event()
        thread = Thread(target=self._keep, args=[is_over], name=f"lease-{self.request_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(timeout=EVERY)

    def _keep(self, is_over: Event) -> None:
        while not is_over.wait(EVERY):
            try:
                with in_tenant(self.tenant_id):
                    self.renew()
            except Exception:
                log.exception("request %s: its lease could not be renewed", self.request_id)
            finally:
                connections.close_all()
