"""From one document to another as RFC 6902 operations that replay exactly, removals included. Pure.

A list is rebuilt in three steps, so that every index is right when its turn comes: what goes is removed from the end
forwards, what comes is added from the front backwards, and what stays is compared at its new place.
"""

from __future__ import annotations

from governance.canonical import JSON
from governance.constitution.order import kept_in_order
from governance.constitution.values import MISSING, Identities, differs, escape, same

Operation = dict[str, JSON]


def operations(old: JSON, new: JSON) -> list[Operation]:
    """Operations for which `patch.apply(operations(old, new), old)` is `new`; none when both are the same JSON."""
    walk = _Walk()
    walk.value(old, new)
    return walk.found


class _Walk:
    """One pass over both documents; `path` holds the escaped tokens to where it stands."""

    def __init__(self) -> None:
        self.found: list[Operation] = []
        self.path = [""]
        self.identities = Identities()

    def value(self, old: JSON, new: JSON) -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            self.members(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            self.items(old, new)
        elif not same(old, new):
            self.found.append({"op": "replace", "path": "/".join(self.path), "value": new})

    def members(self, old: dict[str, JSON], new: dict[str, JSON]) -> None:
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key, MISSING), new.get(key, MISSING)
            if not differs(before, after):
                continue
            self.path.append(escape(key))
            if after is MISSING:
                self.found.append({"op": "remove", "path": "/".join(self.path)})
            elif before is MISSING:
                self.found.append({"op": "add", "path": "/".join(self.path), "value": after})
            else:
                self.value(before, after)
            self.path.pop()

    def items(self, old: list[JSON], new: list[JSON]) -> None:
        before, after = self.identities.of(old), self.identities.of(new)
        kept = set(before) if before == after else kept_in_order(before, after)
        where = "/".join(self.path)
        for index in range(len(old) - 1, -1, -1):
            if before[index] not in kept:
                self.found.append({"op": "remove", "path": f"{where}/{index}"})
        for index, key in enumerate(after):
            if key not in kept:
                self.found.append({"op": "add", "path": f"{where}/{index}", "value": new[index]})
        was = dict(zip(before, old, strict=True))
        for index, key in enumerate(after):
            if key in kept and differs(was[key], new[index]):
                self.path.append(str(index))
                self.value(was[key], new[index])
                self.path.pop()
