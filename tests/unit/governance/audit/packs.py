"""An export that is kept: two amendments by people, one by TARS alone, a rollback, a grant and a refusal."""

from __future__ import annotations

from pathlib import Path

from governance.audit.export import read_lines
from governance.audit.report import Report
from governance.audit.verify import verify

PACK = Path(__file__).with_name("pack.jsonl")
ROOT_NAME = "TARS (autonomous)"


def lines() -> list[bytes]:
    return PACK.read_bytes().splitlines(keepends=True)


def checked(changed: list[bytes]) -> Report:
    return verify(read_lines(changed))
