from __future__ import annotations

import pytest

from tests.db.routing.executions.desk import forget_what_is_due


@pytest.fixture(autouse=True)
def nothing_else_is_due(database: None) -> None:
    forget_what_is_due()
