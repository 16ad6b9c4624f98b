"""An export that is kept: two amendments by people, one by TARS alone, a rollback, a grant and a refusal."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

from governance.audit.export import read_lines
from governance.audit.report import Report
from governance.audit.verify import verify
from governance.canonical import canonical_bytes

PACK = Path(__file__).with_name("pack.jsonl")


def lines() -> list[bytes]:
    return PACK.read_bytes().splitlines(keepends=True)


def checked(changed: list[bytes]) -> Report:
    return verify(read_lines(changed))


def trailer(pack: list[bytes]) -> bytes:
    """The last line for these lines, as a forger who knows the format writes it."""
    counts = Counter(json.loads(line)["record"] for line in pack)
    whole = hashlib.sha256(b"".join(pack)).hexdigest()
    return canonical_bytes({"record": "trailer", "counts": dict(counts), "sha256": whole}) + b"\n"
