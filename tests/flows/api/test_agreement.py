"""schemathesis: what the API does is what its OpenAPI document says. The seed is fixed; `TARS_PROOF=full` tries much more."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

from governance.scope import Capability, Role
from tarsweb.api import document
from tests import factories as make
from tests.db.tenants.everything import everything
from tests.flows.api.programs import issued
from tests.flows.isolation.routes import ids_of

IS_FULL = os.environ.get("TARS_PROOF") == "full"
# Small: every operation still has its examples, all of them about things that exist.
EXAMPLES = 60 if IS_FULL else 2
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@cache
def world() -> tuple[dict[str, Any], dict[str, str]]:
    """A tenant with everything, and a token of somebody who may do everything in it."""
    cast = everything()
    _, scope = make.seated(tenant=cast.tenant, name="ann", roles=list(Role))
    held = [one for one in Capability if scope.can(one)]
    token = issued(scope, *held)
    return ids_of(cast), {"Authorization": f"Bearer {token.secret}"}


@cache
def schema() -> Any:
    found = schemathesis.openapi.from_dict(document())
    found.app = WSGIHandler()
    return found


def operations() -> list[Any]:
    return [result.ok() for result in schema().get_all_operations()]


@pytest.mark.proof
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_operation__agrees_with_the_document(operation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "API_RATE", 10**9)
    ids, headers = world()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans() if IS_FULL else st.just(True))
    def agrees(case: Any, is_known: bool) -> None:
        if is_known and case.path_parameters:
            case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
        case.call_and_validate(headers=headers, checks=CHECKS)

    agrees()
