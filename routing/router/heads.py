"""Heads of tenants with many rules: a file for each in the folder `TARS_HEADS`, made by a task, read by whoever routes.

Files are derived: one that is missing, unreadable or of another model costs precision and nothing else, the rules are then judged
by their cosines. HAZARD: where web and tasks run on several machines the folder must be one that all of them see.
"""

from __future__ import annotations

import json
import logging
import time
import zipfile
from collections import OrderedDict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
from django.conf import settings
from django.db.models import Count, Max, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from governance.tenancy import in_tenant
from routing.router.head import Head
from routing.router.models import RoutingRule
from routing.router.scoring import Trained
from routing.router.serving import embedder_of
from routing.router.training import Patterns, is_enough, trained

log = logging.getLogger(__name__)
FORM: Final = 1
"""Whoever changes what a head learns from, or how its file looks, raises this: then all heads are made again."""
KEPT: Final = 8
"""Heads that a process has in memory."""
LEFT_AFTER: Final = 3_600
"""Seconds; a file takes one."""
_ARRAYS: Final = ("bias", "weights", "words", "rare")
_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

_kept: OrderedDict[UUID, tuple[tuple[int, int], Trained | None]] = OrderedDict()


def label_of(system_id: UUID, action: str) -> str:
    """What a rule stands for: its system, and what that is asked to do."""
    return f"{system_id}/{action}"


def head_of(*, tenant_id: UUID, model: str) -> Trained | None:
    """The tenant's head for vectors of this model, None where there is none. Looks at the file's time at each call."""
    try:
        about = _path(tenant_id).stat()
    except OSError:
        _kept.pop(tenant_id, None)
        return None
    seen = (about.st_mtime_ns, about.st_ino)
    kept = _kept.get(tenant_id)
    if kept is None or kept[0] != seen:
        kept = _kept[tenant_id] = (seen, _read(tenant_id))
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(tenant_id)
    found = kept[1]
    return found if found and found.head.model == model else None


def keep_head(*, tenant_id: UUID) -> int:
    """Make the tenant's head anew where its rules are others than those it was learned from; 1 if it was made."""
    model = embedder_of(tenant_id=tenant_id).model
    stands = _stands(tenant_id, model)
    if not is_enough(stands.rules, stands.labels):
        _path(tenant_id).unlink(missing_ok=True)
        return 0
    if _about(tenant_id).get("of") == stands.digest:
        return 0
    made = trained(_patterns(tenant_id, model))
    if made is not None:
        _write(tenant_id, made, stands.digest)
    return int(made is not None)


def forget_others(tenant_ids: Collection[UUID]) -> None:
    """Delete the heads of tenants that are not among these, and what a killed task left half written."""
    names = {_path(one).name for one in tenant_ids}
    folder = Path(settings.ROUTER_HEADS)
    for path in (*folder.glob("*.npz"), *filter(_is_left, folder.glob("*.part"))):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _is_left(path: Path) -> bool:
    """Whether nobody can be writing it any more."""
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > LEFT_AFTER
    return False


@dataclass(frozen=True, slots=True)
class _Stands:
    """How a tenant's rules stand: `digest` is another when one of them is."""

    rules: int
    labels: int
    digest: str


def _stands(tenant_id: UUID, model: str) -> _Stands:
    label = Concat(Cast("recommended_system_id", TextField()), Value("/"), "action", output_field=TextField())
    with in_tenant(tenant_id):
        found = _live(tenant_id, model).aggregate(
            rules=Count("id"), labels=Count(label, distinct=True), last=Max("updated_at")
        )
    said = f"{FORM} {model} {found['rules']} {found['labels']} {found['last']}"
    return _Stands(found["rules"], found["labels"], said)


def _patterns(tenant_id: UUID, model: str) -> Patterns:
    with in_tenant(tenant_id):
        rows = list(
            _live(tenant_id, model)
            .order_by("id")
            .values_list("request_pattern", "request_embedding", "recommended_system_id", "action")
        )
    return Patterns(
        texts=tuple(row[0] for row in rows),
        vectors=np.array([row[1] for row in rows], dtype=np.float32),
        labels=tuple(label_of(row[2], row[3]) for row in rows),
        model=model,
    )


def _live(tenant_id: UUID, model: str) -> QuerySet[RoutingRule]:
    return RoutingRule.objects.filter(tenant_id=tenant_id, embedding_model=model, is_active=True)


def _path(tenant_id: UUID) -> Path:
    return Path(settings.ROUTER_HEADS) / f"{tenant_id}.npz"


def _write(tenant_id: UUID, made: Trained, digest: str) -> None:
    """Whole or not at all: readers see the old file until the new one is complete."""
    path = _path(tenant_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = {"of": digest, "model": made.head.model, "labels": made.head.labels, "low": made.low, "middle": made.middle}
    own = path.with_suffix(f".{uuid4().hex}.part")
    try:
        with own.open("wb") as file:
            arrays = {name: getattr(made.head, name) for name in _ARRAYS}
            np.savez(file, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)


def _about(tenant_id: UUID) -> dict[str, Any]:
    """What the file says about itself; nothing where it cannot be read."""
    with suppress(*_UNREADABLE), np.load(_path(tenant_id), allow_pickle=False) as file:
        found = json.loads(file["about"].tobytes())
        return found if isinstance(found, dict) else {}
    return {}


def _read(tenant_id: UUID) -> Trained | None:
    try:
        with np.load(_path(tenant_id), allow_pickle=False) as file:
            about = json.loads(file["about"].tobytes())
            head = Head(tuple(about["labels"]), about["model"], **{name: file[name] for name in _ARRAYS})
            return Trained(head, low=float(about["low"]), middle=float(about["middle"]))
    except _UNREADABLE as error:
        log.warning("the head of tenant %s cannot be read, its rules are judged by their cosines: %s", tenant_id, error)
        return None
