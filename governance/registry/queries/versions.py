"""Every version of a constitution: when, why, by whom; and which of them set a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.db.models import FilteredRelation, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from governance import canonical
from governance.constitution.wording import is_secret
from governance.errors import NotFound
from governance.registry.blame import Blamed, blame
from governance.registry.models import System, SystemVersion
from governance.scope import Scope

MOST_BLAMED: Final = 48 * 1024 * 1024
"""Bytes of constitutions that one blame reads; what was set before them is said to be that old or older."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the timeline, with the amendment that caused it (None for the first)."""

    number: int
    at: datetime
    by: str
    cause: str
    digest: str
    amendment: int | None
    sentence: str
    effect: str
    rolled_back_at: datetime | None
    can_rollback: bool = False


@dataclass(frozen=True, slots=True)
class VersionText:
    """One version with its document. `until` is when the next version took over."""

    line: VersionLine
    canonical: bytes
    until: datetime | None = None

    @property
    def constitution(self) -> dict[str, Any]:
        document: dict[str, Any] = canonical.loads_canonical(self.canonical)
        return document


@dataclass(frozen=True, slots=True)
class Set:
    """A value of the constitution in force, and the version that last set it. `is_oldest`: that one, or one before it."""

    pointer: str
    value: Any
    line: VersionLine
    is_oldest: bool = False

    @property
    def shown(self) -> str:
        """The value as JSON; one with a secret's name is not shown."""
        name = self.pointer.rpartition("/")[2]
        return "not shown" if is_secret(name) else json.dumps(self.value, ensure_ascii=False)


def versions(*, scope: Scope, system: System) -> QuerySet[SystemVersion, dict[str, Any]]:
    """The versions of a system, newest first, as rows for `version_of`; no documents."""
    return _versions(scope, system).order_by("-number")


def version_of(row: dict[str, Any]) -> VersionLine:
    """One row of `versions`. A rollback says what it undid and how, not what the amendment had said."""
    is_undo = row["cause"] == "rollback"
    label = f"AMD-{row['amendment__number']}"
    return VersionLine(
        number=row["number"],
        at=row["at"],
        by=row["by"],
        cause=row["cause"],
        digest=row["digest"],
        amendment=row["amendment__number"],
        sentence=f"{label} was rolled back: {row['undo__sentence'] or ''}"
        if is_undo
        else row["amendment__sentence"] or "",
        effect=(row["undo__effect"] if is_undo else row["amendment__effect"]) or "",
        rolled_back_at=None if is_undo else row["amendment__rolled_back_at"],
        can_rollback=bool(row["amendment__can_rollback"]) and not is_undo,
    )


def version(*, scope: Scope, system: System, number: int) -> VersionText:
    """One version with its bytes. Raises `NotFound`."""
    row = _versions(scope, system).filter(number=number).values("canonical", *_VERSION).first()
    if row is None:
        raise NotFound(f"{system.name} has no version {number}; its last one is {system.constitution_version}.")
    return VersionText(version_of(row), bytes(row["canonical"]))


def version_at(*, scope: Scope, system: System, text: str, default: int) -> VersionText:
    """A version by its number, or by a day or moment at which it held (in the reader's zone). Raises `NotFound`."""
    text = text.strip()
    if not text:
        return version(scope=scope, system=system, number=default)
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return version(scope=scope, system=system, number=int(text))
    on = moment_of(text)
    found = in_force(scope=scope, system=system, on=on) if on else None
    if found is None:
        raise NotFound(f"“{text[:40]}” is no version of {system.name} and no day or moment at which it had one.")
    return found


def moment_of(text: str) -> datetime | None:
    """A date (what held when that day was over) or a date and time in the reader's zone; None if it is neither."""
    try:
        found, day = parse_datetime(text) if len(text) > 10 else None, parse_date(text)
    except ValueError:
        return None
    if found is None and day is not None:
        found = datetime.combine(day, time.max)
    if found is None:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def in_force(*, scope: Scope, system: System, on: datetime) -> VersionText | None:
    """The constitution that held at a moment, or None before the system was registered."""
    rows = _versions(scope, system)
    row = rows.filter(at__lte=on).order_by("-number").values("canonical", *_VERSION).first()
    if row is None:
        return None
    following = rows.filter(number=row["number"] + 1).values_list("at", flat=True).first()
    return VersionText(version_of(row), bytes(row["canonical"]), until=following)


def version_count(*, scope: Scope, system: System) -> int:
    return SystemVersion.objects.filter(tenant_id=scope.tenant_id, system=system).count()


def whole_versions(*, scope: Scope, system: System, after: int = 0, limit: int = 20) -> list[dict[str, Any]]:
    """Versions above `after`, oldest first, with document, digest and the amendment that made each; for an export."""
    rows = _versions(scope, system).filter(number__gt=after).order_by("number")
    return [_whole(row) for row in rows.values("canonical", *_VERSION, *_AMENDMENT)[:limit]]


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    line = version_of(row)
    amendment = {name.removeprefix("amendment__"): row[name] for name in _AMENDMENT}
    return {
        "version": line.number,
        "at": line.at,
        "by": line.by,
        "cause": line.cause,
        "digest": line.digest,
        "sentence": line.sentence,
        "effect": line.effect,
        "amendment": None if line.amendment is None else {"id": f"AMD-{line.amendment}", **amendment},
        "constitution": canonical.loads_canonical(bytes(row["canonical"])),
    }


def values_set(*, scope: Scope, system: System, below: str = "") -> tuple[Set, ...]:
    """Every value of the constitution in force with the version that last set it, in the order of the document.

    `below` is a pointer: only what lies there and below.
    """
    below = below.rstrip("/")
    rows = _versions(scope, system)
    sizes = rows.order_by("-number").annotate(size=Length("canonical")).values_list("number", "size")
    first = _first_within(sizes, MOST_BLAMED)
    lines = {row["number"]: version_of(row) for row in rows.filter(number__gte=first)}
    found = blame(_documents(scope, system, first))
    wanted = (one for one in found if one.pointer == below or one.pointer.startswith(f"{below}/"))
    return tuple(_set(one, lines, oldest=first) for one in wanted)


def _set(one: Blamed, lines: dict[int, VersionLine], *, oldest: int) -> Set:
    return Set(one.pointer, one.value, lines[one.version], is_oldest=one.version == oldest > 1)


def _first_within(sizes: QuerySet[SystemVersion, tuple[Any, ...]], most: int) -> int:
    total, first = 0, 1
    for number, size in sizes:
        total += size
        if total > most:
            return first
        first = number
    return first


def _documents(scope: Scope, system: System, first: int) -> Iterator[tuple[int, Any]]:
    rows = SystemVersion.objects.filter(tenant_id=scope.tenant_id, system=system, number__gte=first).order_by("number")
    for number, text in rows.values_list("number", "canonical").iterator(chunk_size=20):
        yield number, canonical.loads_canonical(bytes(text))


_VERSION: Final = (
    "number",
    "at",
    "by",
    "cause",
    "digest",
    "amendment__number",
    "amendment__sentence",
    "amendment__effect",
    "amendment__rolled_back_at",
    "amendment__can_rollback",
    "undo__sentence",
    "undo__effect",
)


_AMENDMENT: Final = (
    "amendment__amendment_type",
    "amendment__basis",
    "amendment__digest",
    "amendment__old_digest",
    "amendment__new_digest",
    "amendment__proposed_by",
    "amendment__approved_by",
    "amendment__approved_at",
    "amendment__rolled_back_at",
)


def _versions(scope: Scope, system: System) -> QuerySet[SystemVersion, dict[str, Any]]:
    done = FilteredRelation("amendment__rollbacks", condition=Q(amendment__rollbacks__state="done"))
    rows = SystemVersion.objects.filter(tenant_id=scope.tenant_id, system=system)
    return rows.annotate(undo=done).values(*_VERSION)
