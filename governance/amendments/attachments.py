"""Files among a revision's evidence: named with their digests, so that what is approved covers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.files import actions as files
from governance.files.queries import Attachment, attachments_of
from governance.scope import Scope

KEY = "attachments"


def with_files(
    *,
    scope: Scope,
    evidence: dict[str, Any],
    file_ids: Iterable[UUID] | None,
    before: Mapping[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """Evidence with its files, which are kept for good from here on. `before` is the evidence of the revision before.

    None keeps the files that it has. Raises `Invalid` when the evidence names files itself, and what `files.claim` raises.
    """
    if not isinstance(evidence, dict):
        return evidence
    if KEY in evidence and evidence[KEY] != before.get(KEY):
        raise Invalid(
            "Files are not named in the evidence. Upload them and give their ids as attachments.",
            problems=((f"/evidence/{KEY}", "is filled by TARS"),),
        )
    rest = {key: value for key, value in evidence.items() if key != KEY}
    kept = list(before.get(KEY, ())) if file_ids is None else _claimed(scope, file_ids, before, at)
    return {**rest, KEY: kept} if kept else rest


def named_in(evidence: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The entries of the files that evidence names."""
    found = evidence.get(KEY) if isinstance(evidence, Mapping) else None
    return found if isinstance(found, list) else ()


def attached(*, scope: Scope, evidence: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files that evidence names, compared with what is stored."""
    return attachments_of(scope=scope, named=named_in(evidence))


def _claimed(scope: Scope, file_ids: Iterable[UUID], before: Mapping[str, Any], at: datetime) -> list[dict[str, Any]]:
    known = [str(entry.get("digest")) for entry in named_in(before)]
    rows = files.claim(scope=scope, file_ids=file_ids, named=known, at=at)
    return [{"name": row.name, "media_type": row.media_type, "size": row.size, "digest": row.digest} for row in rows]
