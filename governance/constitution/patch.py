"""RFC 6902: apply a patch to a document, and find the patch that undoes it. Pure; inputs are never changed.

Written here, and held against the `jsonpatch` library and the published cases in the tests, because the library lets
`true` pass a test for `1` and has no undo.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from governance.canonical import JSON
from governance.constitution.values import (
    MISSING,
    copy,
    is_pointer,
    pointer_of,
    same,
    tokens_of,
)
from governance.constitution.wording import quoted
from governance.errors import DomainError

_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")
_END = "-"
_MEMBERS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}


class PatchFailed(DomainError):
    """An operation is malformed or does not fit the document; nothing was applied.

    `problems` holds the pointer of the operation inside the patch.
    """

    code: ClassVar[str] = "patch_failed"
    status: ClassVar[int] = 409


def apply(operations: Sequence[JSON], document: JSON) -> JSON:
    """A new document with every operation applied, or `PatchFailed` and no document (RFC 6902 section 5)."""
    return _run(operations, document).document


def invert(operations: Sequence[JSON], document: JSON) -> list[dict[str, JSON]]:
    """Operations that take `apply(operations, document)` back to `document`; raises `PatchFailed` as `apply` does."""
    undo = _run(operations, document).undo
    return [operation for step in reversed(undo) for operation in step]


class _Step(Exception):
    """Why one operation fails; becomes `PatchFailed` with its place in the patch."""


class _Run:
    """A document under change. `undo` holds, per operation, what takes it back, in the order to apply it."""

    def __init__(self, document: JSON) -> None:
        self.document = copy(document)
        self.undo: list[list[dict[str, JSON]]] = []

    def operation(self, operation: JSON) -> None:
        name = _checked(operation)
        self.undo.append([])
        verb: Callable[[dict[str, JSON]], None] = getattr(self, f"do_{name}")
        verb(operation)

    def do_add(self, operation: dict[str, JSON]) -> None:
        self.put(tokens_of(operation["path"]), copy(operation["value"]))

    def do_remove(self, operation: dict[str, JSON]) -> None:
        self.take(tokens_of(operation["path"]))

    def do_replace(self, operation: dict[str, JSON]) -> None:
        tokens = tokens_of(operation["path"])
        self.swap(tokens, self.at(tokens), copy(operation["value"]))

    def do_move(self, operation: dict[str, JSON]) -> None:
        source, target = tokens_of(operation["from"]), tokens_of(operation["path"])
        if target[: len(source)] == source:
            if target == source:
                self.at(source)
                return
            raise _Step(f"{_place(source)} cannot be moved into itself")
        self.put(target, self.take(source))

    def do_copy(self, operation: dict[str, JSON]) -> None:
        self.put(tokens_of(operation["path"]), copy(self.at(tokens_of(operation["from"]))))

    def do_test(self, operation: dict[str, JSON]) -> None:
        tokens = tokens_of(operation["path"])
        if not same(self.at(tokens), operation["value"]):
            raise _Step(f"{_place(tokens)} holds something else than the test expects")

    def at(self, tokens: tuple[str, ...]) -> JSON:
        """The value at a place that must exist."""
        value = self.document
        for depth, token in enumerate(tokens):
            value = _child(value, token, tokens[: depth + 1])
        return value

    def put(self, tokens: tuple[str, ...], value: JSON) -> None:
        """Section 4.1: a member is set, a list item is inserted, the whole document is replaced."""
        parent = self.at(tokens[:-1]) if tokens else MISSING
        if isinstance(parent, list):
            index = len(parent) if tokens[-1] == _END else _index(tokens, len(parent))
            parent.insert(index, value)
            self.note("remove", (*tokens[:-1], index))
        elif isinstance(parent, dict) and tokens[-1] not in parent:
            parent[tokens[-1]] = value
            self.note("remove", tokens)
        else:
            self.swap(
                tokens,
                self.document if parent is MISSING else _child(parent, tokens[-1], tokens),
                value,
            )

    def take(self, tokens: tuple[str, ...]) -> JSON:
        if not tokens:
            raise _Step("the whole document cannot be removed; replace it")
        value, parent = self.at(tokens), self.at(tokens[:-1])
        del parent[int(tokens[-1]) if isinstance(parent, list) else tokens[-1]]
        self.note("add", tokens, value)
        return value

    def swap(self, tokens: tuple[str, ...], old: JSON, value: JSON) -> None:
        if not tokens:
            self.document = value
        else:
            parent = self.at(tokens[:-1])
            parent[int(tokens[-1]) if isinstance(parent, list) else tokens[-1]] = value
        self.note("replace", tokens, old)

    def note(self, name: str, path: Sequence[str | int], value: JSON = MISSING) -> None:
        """Put what takes this back before what takes back the earlier half of the same operation."""
        kept = {} if value is MISSING else {"value": copy(value)}
        self.undo[-1].insert(0, {"op": name, "path": pointer_of(path), **kept})


def _run(operations: Sequence[JSON], document: JSON) -> _Run:
    if not isinstance(operations, list | tuple):
        raise PatchFailed(
            "A JSON patch is a list of operations; give a list.",
            problems=(("", "not a list"),),
        )
    run = _Run(document)
    for index, operation in enumerate(operations):
        try:
            run.operation(operation)
        except _Step as reason:
            sentence = f"Operation {index + 1} does not apply: {reason}."
            raise PatchFailed(sentence, problems=((f"/{index}", f"{reason}."),)) from None
    return run


def _checked(operation: JSON) -> str:
    """The operation's name, once its members are all there and well-formed (sections 3 and 4)."""
    if not isinstance(operation, dict):
        raise _Step("an operation is an object")
    name = operation.get("op")
    if not isinstance(name, str) or name not in _MEMBERS:
        raise _Step(f"op must be one of {', '.join(_MEMBERS)}")
    for member in _MEMBERS[name]:
        if member not in operation:
            raise _Step(f"{name} needs the member {member}")
        if member != "value" and not _is_path(operation[member]):
            raise _Step(f"{member} must be a JSON pointer: empty, or starting with / and ~ only as ~0 or ~1")
    return name


def _is_path(value: JSON) -> bool:
    return isinstance(value, str) and is_pointer(value)


def _child(value: JSON, token: str, tokens: tuple[str, ...]) -> JSON:
    if isinstance(value, dict):
        if token in value:
            return value[token]
    elif isinstance(value, list):
        return value[_index(tokens, len(value) - 1)]
    else:
        raise _Step(f"{_place(tokens[:-1])} is neither an object nor a list")
    raise _Step(f"{_place(tokens)} does not exist")


def _index(tokens: tuple[str, ...], last: int) -> int:
    """Section 4 with RFC 6901 section 4: ASCII digits, no leading zero, within the list."""
    if not _INDEX.fullmatch(tokens[-1]):
        raise _Step(f"{quoted(tokens[-1])} is not a list index (at {_place(tokens[:-1])})")
    index = int(tokens[-1])
    if index > last:
        raise _Step(f"{_place(tokens)} is beyond the end of the list")
    return index


def _place(tokens: Sequence[str]) -> str:
    return quoted(pointer_of(tokens)) if tokens else "the document"
