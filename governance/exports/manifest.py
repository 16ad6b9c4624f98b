"""What goes with an exported file, so that an auditor can check it with `sha256sum -c SHA256SUMS`. Pure."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

FORMAT = "tars-export-1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an export before its file is written."""

    title: str
    tenant_id: str
    tenant_name: str
    words: str
    query: str
    filter: dict[str, Any]
    exported_by: str
    exported_at: datetime
    head_sequence: int
    head_hash: str

    @property
    def at_text(self) -> str:
        return self.exported_at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def manifest(facts: Facts, *, file: str, content: bytes, count: int, entry: int) -> dict[str, Any]:
    """The manifest: filter in words and as it was asked, who, when, whose, the chain's head, count and digest.

    `entry` is the ledger entry that records this export.
    """
    return {
        "format": FORMAT,
        "what": facts.title,
        "file": file,
        "sha256": sha256(content).hexdigest(),
        "bytes": len(content),
        "count": count,
        "filter": {"words": facts.words, "query": facts.query, "absolute": facts.filter},
        "exported_by": facts.exported_by,
        "exported_at": facts.at_text,
        "tenant": {"id": facts.tenant_id, "name": facts.tenant_name},
        "chain_head": {"sequence": facts.head_sequence, "entry_hash": facts.head_hash},
        "ledger_entry": entry,
    }


def packed(said: dict[str, Any], *, content: bytes, at: datetime) -> bytes:
    """A zip with the file, `manifest.json` and `SHA256SUMS`. The same input gives the same bytes."""
    text = (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
    files = {said["file"]: content, "manifest.json": text}
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in {**files, "SHA256SUMS": sums.encode()}.items():
            info = zipfile.ZipInfo(name, date_time=at.astimezone(UTC).timetuple()[:6])
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()
