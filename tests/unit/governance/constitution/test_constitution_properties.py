"""What holds for every pair of documents, not only for those somebody thought of."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.canonical import canonical_bytes
from governance.constitution.diff import changes, effect_of, operations, stored
from governance.constitution.merge import merge, undo
from governance.constitution.patch import PatchFailed, apply, invert
from governance.constitution.sentence import sentence
from governance.constitution.values import Identities, copy, same

from .strategies import CONSTITUTIONS, JSONS, KEYS, reversed_keys

PAIRS = st.tuples(JSONS, JSONS) | st.tuples(CONSTITUTIONS, CONSTITUTIONS)
many = settings(max_examples=150, deadline=None, derandomize=True)


@many
@given(PAIRS)
def test_apply__operations_between_two__gives_the_second(pair: tuple[Any, Any]) -> None:
    old, new = pair
    before = copy(old)
    assert canonical_bytes(apply(operations(old, new), old)) == canonical_bytes(new)
    assert canonical_bytes(old) == canonical_bytes(before), "the input was changed"


@many
@given(PAIRS)
def test_operations__replayed_by_another_library__give_the_second(pair: tuple[Any, Any]) -> None:
    old, new = pair
    assert canonical_bytes(jsonpatch.apply_patch(old, operations(old, new))) == canonical_bytes(new)


@many
@given(PAIRS)
def test_invert__after_apply__gives_the_first_back(pair: tuple[Any, Any]) -> None:
    old, new = pair
    there = operations(old, new)
    back = invert(there, old)
    assert canonical_bytes(apply(back, apply(there, old))) == canonical_bytes(old)


@many
@given(PAIRS)
def test_changes__empty_exactly_when_canonical_bytes_are_equal(pair: tuple[Any, Any]) -> None:
    old, new = pair
    is_equal = canonical_bytes(old) == canonical_bytes(new)
    assert (changes(old, new) == ()) is is_equal
    assert (operations(old, new) == []) is is_equal
    assert same(old, new) is is_equal


@many
@given(PAIRS)
def test_changes__keys_written_in_another_order__same_pointers_effect_and_sentence(pair: tuple[Any, Any]) -> None:
    old, new = pair
    first, second = changes(old, new), changes(reversed_keys(old), reversed_keys(new))
    assert [(one.pointer, one.effect) for one in first] == [(one.pointer, one.effect) for one in second]
    assert effect_of(first) is effect_of(second)
    assert sentence(first) == sentence(second)


@many
@given(PAIRS)
def test_sentence__whatever_changed__one_visible_line_with_a_full_stop(pair: tuple[Any, Any]) -> None:
    text = sentence(changes(*pair))
    assert text.endswith(".")
    assert text.isprintable()
    assert len(text) < 2000


@many
@given(CONSTITUTIONS, CONSTITUTIONS)
def test_stored__names_exactly_the_top_level_fields_that_differ(old: Any, new: Any) -> None:
    kept = stored(old, new)
    for key in old.keys() | new.keys():
        is_equal = key in old and key in new and same(old[key], new[key])
        assert (key in kept) is not is_equal
    canonical_bytes(kept)


@many
@given(PAIRS)
def test_merge__one_side_unchanged__is_the_other(pair: tuple[Any, Any]) -> None:
    base, changed = pair
    for merged in (merge(base, changed, base), merge(base, base, changed), merge(base, changed, changed)):
        assert merged.is_clean
        assert canonical_bytes(merged.document) == canonical_bytes(changed)


@many
@given(CONSTITUTIONS, CONSTITUTIONS, CONSTITUTIONS)
def test_merge__never_changes_its_inputs_and_names_every_conflict(base: Any, ours: Any, theirs: Any) -> None:
    before = [copy(side) for side in (base, ours, theirs)]
    merged = merge(base, ours, theirs)
    assert all(map(same, before, (base, ours, theirs)))
    canonical_bytes(merged.document)
    for conflict in merged.conflicts:
        assert not same(conflict.ours, conflict.theirs)
        assert not same(conflict.base, conflict.ours)
        assert not same(conflict.base, conflict.theirs)


FIELDS = st.sets(st.sampled_from(["refund_limit_usd", "requires_approval", "capabilities", "articles", "covenant"]))


@many
@given(CONSTITUTIONS, CONSTITUTIONS, FIELDS)
def test_merge__sides_touch_different_fields__both_are_kept(base: Any, changed: Any, mine: set[str]) -> None:
    ours, theirs = mixed(base, changed, mine), mixed(base, changed, (base.keys() | changed.keys()) - mine)
    merged = merge(base, ours, theirs)
    assert merged.is_clean
    assert same(merged.document, changed)


@many
@given(CONSTITUTIONS, CONSTITUTIONS, FIELDS)
def test_undo__others_changed_other_fields_since__theirs_stay_and_mine_go(
    before: Any, today: Any, mine: set[str]
) -> None:
    after = mixed(before, today, mine)
    undone = undo(before=before, after=after, current=today)
    assert undone.is_clean
    assert same(undone.document, mixed(before, today, (before.keys() | today.keys()) - mine))


@many
@given(CONSTITUTIONS, CONSTITUTIONS)
def test_undo__nothing_happened_since__gives_the_old_document(before: Any, after: Any) -> None:
    undone = undo(before=before, after=after, current=after)
    assert undone.is_clean
    assert same(undone.document, before)


@many
@given(st.lists(JSONS, max_size=8))
def test_identities__any_list__no_two_are_equal(items: list[Any]) -> None:
    assert len(set(Identities().of(items))) == len(items)


OPERATION = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": st.lists(KEYS, max_size=2).map(lambda tokens: "".join(f"/{token}" for token in tokens)),
    },
    optional={
        "value": JSONS,
        "from": st.lists(KEYS, max_size=2).map(lambda tokens: "".join(f"/{token}" for token in tokens)),
    },
)


@many
@given(JSONS, st.lists(OPERATION, max_size=4))
def test_apply__any_patch__a_document_that_can_be_undone_or_a_refusal(document: Any, patch: list[Any]) -> None:
    before = copy(document)
    try:
        after = apply(patch, document)
    except PatchFailed as refusal:
        assert refusal.problems
        with pytest.raises(PatchFailed):
            invert(patch, document)
    else:
        assert same(apply(invert(patch, document), after), before)
    assert same(document, before)


def mixed(base: dict[str, Any], changed: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    """The base with these top-level fields as they are in the changed document."""
    untouched = {key: value for key, value in base.items() if key not in fields}
    return untouched | {key: value for key, value in changed.items() if key in fields}
