"""The kinds of news: slices register theirs, so that a page can name what `notices` does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`label` is what a person reads; `can_mute` says whether they may have it without mail."""

    name: str
    label: str
    can_mute: bool = True


_kinds: dict[str, Kind] = {}


def register(name: str, label: str, *, can_mute: bool = True) -> None:
    """Say what a kind of notice is called; called from `AppConfig.ready`, again without harm."""
    _kinds[name] = Kind(name, label, can_mute)


def kinds() -> Mapping[str, Kind]:
    """Every registered kind by its name, in the order in which they registered."""
    return dict(_kinds)


def label_of(name: str) -> str:
    """What a kind is called; a kind nobody registered is called by its own name."""
    kind = _kinds.get(name)
    return kind.label if kind else name.replace("_", " ").capitalize()
