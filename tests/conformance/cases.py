"""Where the cases lie: our own beside this file, third-party ones in a folder that a bare clone does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OUTSIDE = Path(os.environ.get("TARS_CONFORMANCE_DIR", HERE.parents[1] / ".." / "shared" / "conformance"))


def public(name: str) -> Path:
    """A third-party case file; skips the test, with the reason, where it is absent."""
    path = OUTSIDE / "public" / name
    if not path.is_file():
        pytest.skip(
            f"third-party cases not here: {name}; set TARS_CONFORMANCE_DIR to the folder that has public/{name}"
        )
    return path
