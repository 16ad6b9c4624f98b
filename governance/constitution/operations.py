"""From one document to another as RFC 6902 operations that replay exactly, removals included. Pure.

A list is rebuilt in three steps, so that every index is right when its turn comes: what goes is removed from the end
forwards, what comes is added from the front backwards, and what stays is compared at its new place.
"""

from __future__ import annotations

from governance.canonical import JSON
from governance.constitution.order import kept_in_order
from governance.constitution.values import MISSING, differs, escape, identities, same

Operation = dict[str, JSON]


def operations(old: JSON, new: JSON) -> list[Operation]:
    """Operations for which `patch.apply(operations(old, new), old)` is `new`; none when both are the same JSON."""
    found: list[Operation] = []
    _value(old, new, [""], found)
    return found


def _value(old: JSON, new: JSON, path: list[str], found: list[Operation]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        _members(old, new, path, found)
    elif isinstance(old, list) and isinstance(new, list):
        _items(old, new, path, found)
    elif not same(old, new):
        found.append({"op": "replace", "path": "/".join(path), "value": new})


def _members(old: dict[str, JSON], new: dict[str, JSON], path: list[str], found: list[Operation]) -> None:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        if not differs(before, after):
            continue
        path.append(escape(key))
        if after is MISSING:
            found.append({"op": "remove", "path": "/".join(path)})
        elif before is MISSING:
            found.append({"op": "add", "path": "/".join(path), "value": after})
        else:
            _value(before, after, path, found)
        path.pop()


def _items(old: list[JSON], new: list[JSON], path: list[str], found: list[Operation]) -> None:
    before, after = identities(old), identities(new)
    kept = set(before) if before == after else kept_in_order(before, after)
    where = "/".join(path)
    for index in range(len(old) - 1, -1, -1):
        if before[index] not in kept:
            found.append({"op": "remove", "path": f"{where}/{index}"})
    for index, key in enumerate(after):
        if key not in kept:
            found.append({"op": "add", "path": f"{where}/{index}", "value": new[index]})
    was = dict(zip(before, old, strict=True))
    for index, key in enumerate(after):
        if key in kept and differs(was[key], new[index]):
            path.append(str(index))
            _value(was[key], new[index], path, found)
            path.pop()
