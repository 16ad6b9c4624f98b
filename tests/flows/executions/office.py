"""What the stories of executions share: people and programs at the API, and a turn of the runner's work."""

from __future__ import annotations

import json
from typing import Any

from governance.scope import Scope
from governance.web import now
from routing.executions import work
from tests.web import client_of

API = "/api/v1/executions/"
TEXT = "Run payroll"


def post(scope: Scope, path: str = "", **body: Any) -> Any:
    """What the API answers a signed-in person."""
    return client_of(scope).post(f"{API}{path}", json.dumps(body), content_type="application/json")


def get(scope: Scope, path: str = "") -> Any:
    return client_of(scope).get(f"{API}{path}")


def handed_in(scope: Scope, text: str = TEXT, **more: Any) -> str:
    """The id of a request that was taken on."""
    answer = post(scope, text=text, **more)
    assert answer.status_code == 202, answer.content
    return str(answer.json()["id"])


def worked(scope: Scope, id: Any) -> Any:
    """The execution, as its asker reads it, after a turn of the runner."""
    work.advance(tenant_id=scope.tenant_id, request_id=id, clock=now)
    return get(scope, f"{id}/").json()
