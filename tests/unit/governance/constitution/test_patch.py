"""RFC 6902 semantics beyond the published cases: what must fail, with the place, and undo of every operation."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution.patch import PatchFailed, apply, invert

DOCUMENT = {"a": {"b": [1, 2, 3]}, "n": 1, "t": True, "": "empty", "x~/y": 0}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/n", "value": True},
        {"op": "test", "path": "/t", "value": 1},
        {"op": "test", "path": "/missing", "value": None},
        {"op": "test", "path": "/n"},
        {"op": "add", "path": "/q"},
        {"op": "replace", "path": "/n"},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "replace", "path": "/a/b/-", "value": 1},
        {"op": "remove", "path": "/a/b/-"},
        {"op": "remove", "path": "/a/b/3"},
        {"op": "remove", "path": "/a/b/01"},
        {"op": "remove", "path": "/a/b/-1"},
        {"op": "remove", "path": "/a/b/+1"},
        {"op": "remove", "path": "/a/b/1e0"},
        {"op": "remove", "path": "/a/b/ 1"},
        {"op": "remove", "path": "/a/b/\u0661"},
        {"op": "remove", "path": "/a/b/99999999999999999999"},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "/a/b/4", "value": 1},
        {"op": "add", "path": "/a/b/x", "value": 1},
        {"op": "add", "path": "/n/x", "value": 1},
        {"op": "add", "path": "q", "value": 1},
        {"op": "add", "path": "/~2", "value": 1},
        {"op": "add", "path": "/~", "value": 1},
        {"op": "add", "path": None, "value": 1},
        {"op": "move", "path": "/q"},
        {"op": "move", "from": "/a", "path": "/a/c"},
        {"op": "move", "from": "/a/b/-", "path": "/q"},
        {"op": "move", "from": "", "path": "/q"},
        {"op": "copy", "from": "/missing", "path": "/q"},
        {"op": "spam", "path": "/n"},
        {"op": None, "path": "/n"},
        {"path": "/n", "value": 1},
        {"op": "add", "value": 1},
        ["add", "/n", 1],
        "remove",
    ],
)
def test_apply__operation_that_does_not_fit__refused_whole(operation: Any) -> None:
    with pytest.raises(PatchFailed) as caught:
        apply([{"op": "add", "path": "/first", "value": 1}, operation], DOCUMENT)
    assert caught.value.problems[0][0] == "/1"
    assert "Operation 2" in caught.value.sentence
    assert "first" not in DOCUMENT


@pytest.mark.parametrize("patch", [{}, "x", None, {"op": "add"}])
def test_apply__no_list_of_operations__refused(patch: Any) -> None:
    with pytest.raises(PatchFailed):
        apply(patch, DOCUMENT)


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ({"op": "add", "path": "", "value": [1]}, [1]),
        ({"op": "replace", "path": "", "value": None}, None),
        ({"op": "add", "path": "/", "value": 2}, {**DOCUMENT, "": 2}),
        ({"op": "replace", "path": "/x~0~1y", "value": 2}, {**DOCUMENT, "x~/y": 2}),
        ({"op": "add", "path": "/a/b/-", "value": 4}, {**DOCUMENT, "a": {"b": [1, 2, 3, 4]}}),
        ({"op": "add", "path": "/a/b/3", "value": 4}, {**DOCUMENT, "a": {"b": [1, 2, 3, 4]}}),
        ({"op": "add", "path": "/a/-", "value": 4}, {**DOCUMENT, "a": {"b": [1, 2, 3], "-": 4}}),
        ({"op": "add", "path": "/n", "value": None}, {**DOCUMENT, "n": None}),
        ({"op": "move", "from": "/a/b/0", "path": "/a/b/-"}, {**DOCUMENT, "a": {"b": [2, 3, 1]}}),
        ({"op": "move", "from": "/a/b", "path": "/a"}, {**DOCUMENT, "a": [1, 2, 3]}),
        ({"op": "move", "from": "/n", "path": "/n"}, DOCUMENT),
        ({"op": "copy", "from": "/a", "path": "/a/c"}, {**DOCUMENT, "a": {"b": [1, 2, 3], "c": {"b": [1, 2, 3]}}}),
        ({"op": "test", "path": "/n", "value": 1.0}, DOCUMENT),
        ({"op": "test", "path": "/a", "value": {"b": [1, 2.0, 3]}}, DOCUMENT),
        ({"op": "test", "path": "", "value": DOCUMENT}, DOCUMENT),
    ],
)
def test_apply__and_invert__each_kind_of_operation(operation: Any, after: Any) -> None:
    changed = apply([operation], DOCUMENT)
    assert changed == after
    assert apply(invert([operation], DOCUMENT), changed) == DOCUMENT


def test_apply__value_used_twice__the_copies_are_independent() -> None:
    value: list[int] = []
    patch = [{"op": "add", "path": "/p", "value": value}, {"op": "copy", "from": "/p", "path": "/q"}]
    patch += [{"op": "add", "path": "/p/-", "value": 1}]
    assert apply(patch, {}) == {"p": [1], "q": []}
    assert value == []
