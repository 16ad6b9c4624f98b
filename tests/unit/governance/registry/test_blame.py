from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.constitution.values import same
from governance.registry.blame import blame


def versions_of(*documents: Any) -> dict[str, int]:
    return {one.pointer: one.version for one in blame(enumerate(documents, start=1))}


def test_blame__no_version__nothing() -> None:
    assert blame([]) == ()


def test_blame__value_belongs_to_the_version_that_last_changed_it() -> None:
    one, two = {"a": 1, "b": {"c": 1, "d": 2}}, {"a": 1, "b": {"c": 9, "d": 2}}
    found = versions_of(one, two, {**two, "a": 2, "e": None})
    assert found == {"/a": 3, "/b/c": 2, "/b/d": 1, "/e": 3}


def test_blame__list_items_keep_their_version_when_they_move() -> None:
    one = {"list": ["x", "y"], "named": [{"name": "n", "v": 1}, {"id": 7, "v": 1}]}
    two = {"list": ["new", "x", "y"], "named": [{"id": 7, "v": 1}, {"name": "n", "v": 2}]}
    assert versions_of(one, two) == {
        "/list/0": 2,
        "/list/1": 1,
        "/list/2": 1,
        "/named/0/id": 1,
        "/named/0/v": 1,
        "/named/1/name": 1,
        "/named/1/v": 2,
    }


def test_blame__set_away_and_back__belongs_to_the_one_that_brought_it_back() -> None:
    assert versions_of({"a": 1}, {"a": 2}, {"a": 1}) == {"/a": 3}
    assert versions_of({"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 1}) == {"/a": 3, "/b": 1}


def test_blame__true_is_not_one_and_keys_are_escaped() -> None:
    assert versions_of({"a/b~": 1}, {"a/b~": True}) == {"/a~1b~0": 2}


def test_blame__empty_containers_are_values() -> None:
    assert versions_of({"a": {}, "b": [1]}, {"a": {}, "b": []}, {"a": {"c": []}, "b": []}) == {"/a/c": 3, "/b": 2}


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "name"]), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["p", "q"]), JSONS, max_size=2), min_size=1, max_size=4))
def test_blame__names_every_leaf_of_the_last_document_and_repeating_it_changes_nothing(documents: list[Any]) -> None:
    found = blame(enumerate(documents, start=1))
    again = blame([*enumerate(documents, start=1), (99, documents[-1])])
    assert found == again
    only = blame([(1, documents[-1])])
    assert [one.pointer for one in found] == [one.pointer for one in only]
    assert all(same(one.value, other.value) for one, other in zip(found, only, strict=True))


def test_blame__a_megabyte_in_twelve_versions__is_quick() -> None:
    def document(n: int) -> dict[str, Any]:
        return {
            f"field{i}": {"limit": i, "words": ["a" * 40, "b" * 40], "step": n if i == n else 0} for i in range(6_500)
        }

    documents = [document(n) for n in range(12)]
    began = time.perf_counter()
    found = blame(enumerate(documents, start=1))
    assert len(found) == 6_500 * 4
    assert time.perf_counter() - began < 20
