"""What a story changes in a constitution: `set`, `unset`, `add` and `remove`, each by JSON pointer. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from governance.constitution.values import tokens_of


def edited(constitution: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with the changes made.

    `set` is `{pointer: value}`, `unset` `[pointer]`, `add` and `remove` are `{pointer: [items]}`. What `set` and `add`
    need on the way is made; `remove` and `unset` of what is not there change nothing.
    """
    document = copy.deepcopy(constitution)
    for pointer, value in changes.get("set", {}).items():
        parent, name = _parent(document, pointer)
        parent[name] = copy.deepcopy(value)
    for pointer in changes.get("unset", []):
        parent, name = _parent(document, pointer)
        parent.pop(name, None)
    for pointer, items in changes.get("add", {}).items():
        parent, name = _parent(document, pointer)
        parent[name] = [*parent.get(name, []), *(item for item in items if item not in parent.get(name, []))]
    for pointer, items in changes.get("remove", {}).items():
        parent, name = _parent(document, pointer)
        parent[name] = [item for item in parent.get(name, []) if item not in items]
    return document


def _parent(document: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
    *path, name = tokens_of(pointer)
    for token in path:
        document = document.setdefault(str(token), {})
    return document, str(name)
