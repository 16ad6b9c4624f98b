from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.connectors import calling as agents


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer takes a tenth of a second by its own word: what a machine under load measures decides no test."""
    real = agents.call
    monkeypatch.setattr(agents, "call", lambda *args, **kwargs: _steadied(real(*args, **kwargs)))


def _steadied(reply: Any) -> Any:
    return replace(reply, ms=100)
