from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.mcp import servers


@pytest.fixture(scope="package")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The API, listening."""
    with django_db_blocker.unblock(), servers.api() as address:
        yield address


@pytest.fixture(scope="package")
def door(server: str) -> Iterator[str]:
    """The address of `tars mcp --http` before it."""
    with servers.over_http(server) as address:
        yield address
