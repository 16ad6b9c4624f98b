"""Which names the rules conclude that are valid now and bind who asks. What binds others makes nobody's facts uncertain."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from governance.policy.entries import Entry

Sometimes = Mapping[str, Sequence[Entry]]
"""Names that only rules with a validity or a bearer conclude, with those rules."""


def split(entries: Sequence[Entry]) -> tuple[frozenset[str], Sometimes]:
    """Names that some constitutive rule concludes at all times for everybody, and the others."""
    always = frozenset(head.name for entry in entries if _is_unbound(entry) for head in entry.heads)
    sometimes: dict[str, list[Entry]] = {}
    for entry in entries:
        for head in entry.heads:
            if head.name not in always:
                sometimes.setdefault(head.name, []).append(entry)
    return always, sometimes


def _is_unbound(entry: Entry) -> bool:
    return not entry.rule.bearer and entry.rule.valid_from is None and entry.rule.valid_until is None


class Concluded(Container[object]):
    """The names for one question; each is looked up once."""

    def __init__(self, always: Container[str], sometimes: Sequence[Sometimes], *, at: datetime, bearer: str) -> None:
        self._always = always
        self._sometimes = sometimes
        self._at = at
        self._bearer = bearer
        self._known: dict[object, bool] = {}

    def __contains__(self, name: object) -> bool:
        if name in self._always:
            return True
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._is_concluded(str(name))
        return known

    def _is_concluded(self, name: str) -> bool:
        rules = (entry for layer in self._sometimes for entry in layer.get(name, ()))
        return any(entry.is_live(at=self._at, bearer=self._bearer) for entry in rules)


class Either(Container[object]):
    """The names of both."""

    def __init__(self, one: Container[object], other: Container[object]) -> None:
        self._one = one
        self._other = other

    def __contains__(self, name: object) -> bool:
        return name in self._one or name in self._other
