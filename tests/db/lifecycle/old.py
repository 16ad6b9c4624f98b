"""What the tests of ageing share: work that was done long ago, and a store in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.sealing import seal_receipts
from routing.lifecycle import ageing, moving
from routing.lifecycle.models import Archive, ArchivedRow
from routing.telemetry.models import ToolCall
from tests import factories as make
from tests.db.routing.executions import desk

LATER = make.AT + timedelta(days=400)
"""When everything of `make.AT` has been cold for long."""
END = LATER + timedelta(days=365 * 8)
"""When what was archived at LATER may be destroyed."""


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> make.Cast:
    settings.ARCHIVES = str(tmp_path / "archives")
    cast = make.cast()
    desk.agent(
        cast, "payroll", lambda call, told: {"paid": 12.50, "names": ["Ã", "\u2028", "<b>"], "nested": {"a": [1, None]}}
    )
    return cast


def done(cast: make.Cast, *texts: str, by: Scope | None = None) -> list[Execution]:
    """Requests that ended, sealed."""
    made = [desk.done(by or cast.bo, text, system="payroll", input={"month": "May", "rate": 1.10}) for text in texts]
    seal_receipts(scope=cast.tars, at=make.later(30))
    return made


def archived(cast: make.Cast, *texts: str) -> tuple[Archive, list[Execution]]:
    made = done(cast, *(texts or ("Run payroll of May for everybody in the company. " * 6,)))
    ageing.age(scope=cast.tars, at=LATER)
    archive = moving.archive(scope=cast.tars, at=LATER)
    assert archive is not None
    return archive, made


def whole(scope: Scope, id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row that belongs to an execution, column by column, but for how it ages."""
    aged = {"lifecycle_state", "last_accessed_at", "access_count", "archived_at"}
    with in_tenant(scope.tenant_id):
        tables = {
            "execution": Execution.objects.filter(id=id),
            "request": ExecutionRequest.objects.filter(id=id),
            "receipt": Receipt.objects.filter(execution_id=id),
            "calls": ToolCall.objects.filter(execution_id=id).order_by("id"),
        }
        return {
            name: [{key: _plain(value) for key, value in row.items() if key not in aged} for row in rows.values()]
            for name, rows in tables.items()
        }


def together(*calls: Callable[[], str]) -> list[str]:
    """What these answer when they are called at once."""

    def alone(call: Callable[[], str]) -> str:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(alone, calls))


def state(scope: Scope, id: UUID) -> str:
    return desk.execution(scope, id).lifecycle_state


def files(cast: make.Cast) -> list[Path]:
    from django.conf import settings

    return sorted((Path(settings.ARCHIVES) / str(cast.tenant.id)).glob("*"))


def rows(scope: Scope) -> list[ArchivedRow]:
    with in_tenant(scope.tenant_id):
        return list(ArchivedRow.objects.filter(tenant_id=scope.tenant_id).order_by("archived_at"))


def moment(days: int) -> datetime:
    return make.AT + timedelta(days=days)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else bytes(value) if isinstance(value, memoryview) else value
