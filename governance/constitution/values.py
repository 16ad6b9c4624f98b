"""JSON values as JSON sees them: equality, copies, pointers (RFC 6901) and the identity of list items. Pure."""

from __future__ import annotations

import marshal
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from enum import Enum
from typing import Final, Literal

from governance.canonical import JSON


class _Missing(Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING
"""Not there at all, which is not `null`."""
Missing = Literal[_Missing.MISSING]

Path = tuple[str | int, ...]
"""Tokens of a pointer, unescaped; an int is a list index."""

IDENTITY_KEYS: Final = ("id", "name")
"""An object in a list is the same item in two versions when the first of these that it has is the same."""


_NAMES: Final = (str, int, float)
_BARE_TILDE = re.compile(r"~(?![01])")


def same(left: JSON, right: JSON) -> bool:
    """Equal as JSON: 1 is 1.0 (one number), 1 is not true, key order means nothing. MISSING equals only itself."""
    if not differs(left, right):
        return True
    return bool(left == right) and _same(left, right)


def differs(left: JSON, right: JSON) -> bool:
    """A quick look before a slow walk: False means the same, True that somebody has to look closer.

    `==` runs at the interpreter's speed but takes `true` for 1; the marshalled bytes (version 2 writes values and
    nothing else) tell those apart, and differ at worst in key order.
    """
    if left is right:
        return False
    if type(left) is not type(right):
        return True
    if isinstance(left, dict | list):
        try:
            return left != right or marshal.dumps(left, 2) != marshal.dumps(right, 2)
        except ValueError:  # a subclass of a plain type: rare, and compared the slow way
            return True
    return bool(left != right)


def _same(left: JSON, right: JSON) -> bool:
    """The slow walk over two values of which `==` says that they are equal."""
    if isinstance(left, dict):
        return isinstance(right, dict) and all(_same(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return isinstance(right, list) and all(map(_same, left, right))
    return isinstance(left, bool) is isinstance(right, bool)


def copy(value: JSON) -> JSON:
    """A deep copy of a JSON value; many times faster than `copy.deepcopy`, which must expect cycles."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def escape(token: str | int) -> str:
    return str(token).replace("~", "~0").replace("/", "~1")


def pointer_of(path: Iterable[str | int]) -> str:
    return "".join(f"/{escape(token)}" for token in path)


def is_pointer(text: str) -> bool:
    """RFC 6901 section 3: empty, or tokens each led by a slash, with ~ only as ~0 or ~1."""
    return text == "" or (text.startswith("/") and not _BARE_TILDE.search(text))


def tokens_of(pointer: str) -> tuple[str, ...]:
    """The unescaped tokens; the caller has asked `is_pointer`."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


class Identities:
    """The identities of list items in the documents of one comparison: its id, else its name, else its value.

    Equal values get one number each, so that a value is looked at once however deep it lies. The documents must outlive
    this object and stay as they are.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, int] = {}

    def of(self, items: Sequence[JSON]) -> list[Hashable]:
        """The identity of each item, told apart by occurrence where one comes more than once; no two are equal."""
        keys = list(map(self._one, items))
        if len(set(keys)) == len(keys):
            return keys
        seen: Counter[Hashable] = Counter()
        for index, key in enumerate(keys):
            if seen[key]:
                keys[index] = (key, seen[key])
            seen[key] += 1
        return keys

    def _one(self, item: JSON) -> Hashable:
        key = _identity_key(item)
        return ("value", self._value(item)) if key is None else (key, item[key])

    def _value(self, value: JSON) -> Hashable:
        if not isinstance(value, dict | list):
            return isinstance(value, bool), value
        number = self._known.get(id(value))
        if number is None:
            shape: Hashable
            if isinstance(value, dict):
                shape = frozenset((key, self._value(item)) for key, item in value.items())
            else:
                shape = tuple(map(self._value, value))
            number = self._known[id(value)] = self._numbers.setdefault(shape, len(self._numbers))
        return number


def item_name(item: JSON) -> str | None:
    """The id or name by which a person knows a list item, if it has one."""
    key = _identity_key(item)
    return None if key is None else str(item[key])


def _identity_key(item: JSON) -> str | None:
    if isinstance(item, dict):
        for key in IDENTITY_KEYS:
            if type(item.get(key)) in _NAMES:
                return key
    return None
