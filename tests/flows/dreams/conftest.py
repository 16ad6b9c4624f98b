from __future__ import annotations

from tests.db.dreams.conftest import _steady

__all__ = ["_steady"]
