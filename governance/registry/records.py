"""What the API says about a system and its versions: plain values, times in UTC, digests whole."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from governance.registry.impact import Impact
from governance.registry.models import System
from governance.registry.queries import Dependencies, VersionLine


def system_record(system: System, *, digest: str, whole: bool) -> dict[str, Any]:
    """A system; `whole` adds its constitution."""
    record = {
        "name": system.name,
        "type": system.type,
        "description": system.description,
        "status": system.status,
        "lifecycle_state": system.lifecycle_state,
        "version": system.version,
        "constitution_version": system.constitution_version,
        "constitution_digest": digest,
        "capabilities": system.capabilities,
        "updated_at": utc(system.updated_at),
    }
    return {**record, "constitution": system.constitution} if whole else record


def version_record(line: VersionLine) -> dict[str, Any]:
    """A version without its document."""
    return {
        "number": line.number,
        "at": utc(line.at),
        "by": line.by,
        "cause": line.cause,
        "digest": line.digest,
        "amendment": f"AMD-{line.amendment}" if line.amendment else None,
        "sentence": line.sentence,
        "effect": line.effect,
        "rolled_back_at": utc(line.rolled_back_at),
    }


def dependencies_record(found: Dependencies) -> dict[str, Any]:
    sides = ("needs", "needs_beyond", "needed_by", "needed_by_beyond")
    return {side: [asdict(one) for one in getattr(found, side)] for side in sides}


def utc(value: datetime | None) -> str | None:
    """2026-11-20T09:00:00.000000Z."""
    return None if value is None else f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"


def impact_record(found: Impact) -> dict[str, Any]:
    """What hangs on a system."""
    return {
        "system": found.system,
        "status": found.status,
        "digest": found.digest,
        "work": found.work,
        "touched": [
            {
                "code": one.code,
                "title": one.title,
                "consequence": one.consequence,
                "total": one.total,
                "things": [asdict(thing) for thing in one.things],
            }
            for one in found.touched
        ],
    }
