"""The rulebook's part in drift: verdicts as decisions that complied or not, and whether a constitution's rules can be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from governance.drift import sources, validating
from governance.rulebook.models import OutcomeWord, StoredVerdict
from governance.rulebook.sources import constitution_of

SOURCE = "verdicts"
_HOUSE = "TARS/"


def register() -> None:
    """Called from `AppConfig.ready`, again without harm."""
    sources.register(SOURCE, read)
    validating.register("rules", wrong)


def read(*, tenant_id: UUID, after: str, limit: int, at: datetime) -> sources.Batch:
    """Verdicts in the order of their ledger entries, in which they also become visible. A denial did not comply.

    What TARS's own rules hold back (e-stop, drift itself, a spent safety budget) and what could not be decided says nothing about
    how the system behaves.
    """
    rows = StoredVerdict.objects.filter(tenant_id=tenant_id, sealed_in__isnull=False)
    if after:
        entry, id = after.split(":")
        rows = rows.filter(Q(sealed_in__gt=int(entry)) | Q(sealed_in=int(entry), id__gt=UUID(id)))
    columns = ("sealed_in", "id", "system_id", "outcome", "is_error", "rules_applied")
    found = list(rows.order_by("sealed_in", "id").values_list(*columns)[:limit])
    batch = sources.Batch(f"{found[-1][0]}:{found[-1][1]}" if found else after, is_more=len(found) == limit)
    for _, _, system_id, outcome, is_error, rules in found:
        if not is_error and not (outcome != OutcomeWord.PERMIT and _is_house(rules)):
            batch.add(system_id, "compliance", float(outcome != OutcomeWord.DENY))
    return batch


def wrong(document: Any, *, system: str) -> Sequence[str]:
    """What keeps the rules of a constitution from being read or put in force."""
    return constitution_of(document, system=system).errors


def _is_house(rules: Sequence[str]) -> bool:
    return any(rule.startswith(_HOUSE) for rule in rules)
