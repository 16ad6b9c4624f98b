from __future__ import annotations

from governance.registry.graph import MOST, WIDTH, Neighbour, drawn, steps_from


def known(**needs: str) -> dict[str, Neighbour]:
    return {name: Neighbour(name, "agent", "active", tuple(words.split())) for name, words in needs.items()}


CHAIN = known(a="b", b="c d", c="", d="e", e="", other="")


def test_steps__count_both_directions() -> None:
    assert steps_from("b", CHAIN, depth=4) == {"b": 0, "a": -1, "c": 1, "d": 1, "e": 2}


def test_steps__stop_at_the_depth() -> None:
    assert steps_from("b", CHAIN, depth=1) == {"b": 0, "a": -1, "c": 1, "d": 1}


def test_drawing__needed_by_to_the_left_needs_to_the_right() -> None:
    found = drawn("b", CHAIN, depth=4)
    at = {box.name: box for box in found.boxes}
    assert at["a"].x < at["b"].x < at["c"].x == at["d"].x < at["e"].x
    assert len(found.lines) == 4 and found.left_out == 0
    assert all(box.x >= 0 and box.x + WIDTH <= found.width for box in found.boxes)
    assert all(box.y >= 0 and box.y + found.box_height <= found.height for box in found.boxes)


def test_drawing__alone() -> None:
    found = drawn("other", CHAIN, depth=2)
    assert [box.name for box in found.boxes] == ["other"] and found.lines == ()


def test_drawing__many__says_how_many_did_not_fit() -> None:
    many = known(hub=" ".join(f"n{n}" for n in range(MOST + 5)), **{f"n{n}": "" for n in range(MOST + 5)})
    assert drawn("hub", many, depth=1).left_out == 5


def test_drawing__unknown_needs__are_ignored() -> None:
    assert len(drawn("a", known(a="gone"), depth=2).boxes) == 1
