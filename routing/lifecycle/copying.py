"""Bringing archive files into the installation's store from a folder in which they lay before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from routing.lifecycle import pack, stores
from routing.lifecycle.models import Archive


@dataclass(frozen=True, slots=True)
class Copied:
    """`there`: whole in the store already. `faults` are sentences: these are neither there nor whole in the folder."""

    files: int
    there: int
    faults: tuple[str, ...]


def copy(*, scope: Scope, folder: Path) -> Copied:
    """Put every file that must be there into the store, by its digest, and read it back; nothing is taken out of the folder.
    What is there already is left, so that a copy that was cut short goes on. Raises `NotAllowed`, `StoreFailed`.
    """
    scope.demand(Capability.VERIFY, to="copy archive files")
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(tenant_id=scope.tenant_id, destroyed_at=None).order_by("id")
        files = list(rows.values_list("name", "digest"))
    source, store, made, there = stores.Folder(folder), stores.current(), 0, 0
    faults: list[str] = []
    for name, digest in files:
        if _has(store.get(name), digest):
            there += 1
            continue
        data = source.get(name)
        if data is None or not _has(data, digest):
            faults.append(f"{name} is {'not' if data is None else 'changed'} in {folder}, and not in the store.")
            continue
        store.put(name, data)
        if _has(store.get(name), digest):
            made += 1
        else:
            faults.append(f"{name} was copied and does not read back; look at the store.")
    return Copied(made, there, tuple(faults))


def _has(data: bytes | None, digest: str) -> bool:
    return data is not None and pack.digest_of(data) == digest
