"""Programs with tokens, as tests use them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from governance.scope import Capability, Scope
from governance.tokens.actions import Issued, issue_token
from governance.web import now

API = "/api/v1/"
EVERYTHING = (Capability.READ_RECORD, Capability.PROPOSE, Capability.MANAGE_SYSTEMS)


def issued(scope: Scope, *scopes: Capability, system: str = "") -> Issued:
    return issue_token(scope=scope, name="CI", scopes=scopes, days=30, system_name=system, at=now())


class Program:
    """A client with a token and nothing else."""

    def __init__(self, secret: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"{API}{path}", headers=headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        text = data if isinstance(data, str) else json.dumps(data or {})
        return self.client.post(f"{API}{path}", text, content_type="application/json", headers=headers)

    def put(self, path: str, data: Any, **headers: str) -> Any:
        return self.client.put(f"{API}{path}", json.dumps(data), content_type="application/json", headers=headers)


def program(scope: Scope, *scopes: Capability, system: str = "") -> Program:
    return Program(issued(scope, *(scopes or EVERYTHING[:2]), system=system).secret)


def is_problem(response: Any, status: int, code: str) -> bool:
    body = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "request_id", "errors"} <= body.keys()
    assert body["instance"] == f"urn:tars:request:{response['X-Request-ID']}"
    return bool(body["code"] == code and body["status"] == status)
