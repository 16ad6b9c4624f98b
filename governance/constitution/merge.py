"""Three-way merge of constitutions, and undo as a merge (DESIGN contract 3: undo is forward). Pure.

Both sides' changes since the base are kept. Where both changed one thing differently there is a conflict: it is named
by its pointer and *ours* stays in the document, so that nothing is overwritten silently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from governance.canonical import JSON
from governance.constitution.order import is_reordered
from governance.constitution.values import MISSING, Identities, Path, copy, pointer_of, same


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place that both sides changed differently; a side is `MISSING` where it has nothing there.

    `pointer` leads into ours, or into the base where ours has removed the place.
    """

    pointer: str
    base: JSON
    ours: JSON
    theirs: JSON


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged document; at each conflict it holds ours."""

    document: JSON
    conflicts: tuple[Conflict, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not self.conflicts


def merge(base: JSON, ours: JSON, theirs: JSON) -> Merged:
    """What ours becomes when theirs' changes since base are made to it as well."""
    merging = _Merge()
    return Merged(copy(merging.value(base, ours, theirs, ())), tuple(merging.conflicts))


def undo(*, before: JSON, after: JSON, current: JSON) -> Merged:
    """Take back the change from `before` to `after` in today's document; what others changed since stays in force.

    A place that was changed again since is a conflict and keeps today's value.
    """
    return merge(after, current, before)


class _Merge:
    def __init__(self) -> None:
        self.conflicts: list[Conflict] = []
        self.identities = Identities()

    def value(self, base: JSON, ours: JSON, theirs: JSON, path: Path) -> JSON:
        if same(ours, theirs) or same(base, theirs):
            return ours
        if same(base, ours):
            return theirs
        if _all(dict, ours, theirs) and (base is MISSING or isinstance(base, dict)):
            return self.members({} if base is MISSING else base, ours, theirs, path)
        if _all(list, ours, theirs) and (base is MISSING or isinstance(base, list)):
            return self.items([] if base is MISSING else base, ours, theirs, path)
        return self.conflict(base, ours, theirs, path)

    def members(
        self,
        base: dict[str, JSON],
        ours: dict[str, JSON],
        theirs: dict[str, JSON],
        path: Path,
    ) -> JSON:
        merged = {}
        for key in dict.fromkeys([*ours, *theirs]):
            before, mine, other = (side.get(key, MISSING) for side in (base, ours, theirs))
            value = self.value(before, mine, other, (*path, key))
            if value is not MISSING:
                merged[key] = value
        return merged

    def items(self, base: list[JSON], ours: list[JSON], theirs: list[JSON], path: Path) -> JSON:
        keys = [self.identities.of(side) for side in (base, ours, theirs)]
        held = [dict(zip(names, side, strict=True)) for names, side in zip(keys, (base, ours, theirs), strict=True)]
        merged: dict[Hashable, JSON] = {}
        place = _places(*keys)
        for key in dict.fromkeys(name for names in keys for name in names):
            before, mine, other = (side.get(key, MISSING) for side in held)
            merged[key] = self.value(before, mine, other, (*path, place[key]))
        order = self.order(keys, (base, ours, theirs), path)
        return [merged[key] for key in order if merged[key] is not MISSING]

    def order(self, keys: list[list[Hashable]], sides: tuple[JSON, JSON, JSON], path: Path) -> Iterable[Hashable]:
        """Ours' order unless only theirs moved things; the other's new items come after their predecessors there."""
        base, ours, theirs = keys
        if not is_reordered(base, theirs):
            return _woven(ours, theirs)
        if is_reordered(base, ours) and is_reordered(ours, theirs):
            self.conflict(*sides, path)
            return _woven(ours, theirs)
        return _woven(theirs, ours)

    def conflict(self, base: JSON, ours: JSON, theirs: JSON, path: Path) -> JSON:
        self.conflicts.append(Conflict(pointer_of(path), base, ours, theirs))
        return ours


def _all(kind: type, *values: JSON) -> bool:
    return all(isinstance(value, kind) for value in values)


def _places(base: list[Hashable], ours: list[Hashable], theirs: list[Hashable]) -> dict[Hashable, int]:
    """The index of each item in ours, else in base, else in theirs."""
    return {key: index for side in (theirs, base, ours) for index, key in enumerate(side)}


def _woven(first: list[Hashable], second: list[Hashable]) -> list[Hashable]:
    """All keys of both: `first` in its order, each other key before the next one that both have."""
    known, common = set(first), set(first) & set(second)
    after: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    anchor: Hashable = None
    for key in second:
        if key in known:
            anchor = key
        else:
            after[anchor].append(key)
    woven: list[Hashable] = []
    waiting = after[None]
    for key in first:
        if key in common:
            woven += waiting
            waiting = after[key]
        woven.append(key)
    return woven + waiting
