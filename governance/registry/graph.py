"""Where the systems around one system stand in a drawing: what needs it to the left, what it needs to the right. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT = 168, 34
ACROSS, DOWN, EDGE = 236, 46, 8
LONGEST: Final = 20
"""Characters of a name inside its box; the whole name is in its title and in the table."""
MOST: Final = 24
"""Boxes of one column; the table holds the rest."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A system as the drawing knows it; `needs` are names."""

    name: str
    type: str
    status: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """`step` is how far away: 0 the system itself, -1 what needs it directly, 2 what its needs need."""

    name: str
    label: str
    type: str
    status: str
    step: int
    x: int
    y: int

    @property
    def text_x(self) -> int:
        return self.x + WIDTH // 2

    @property
    def text_y(self) -> int:
        return self.y + HEIGHT // 2 + 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, the lines between them as SVG path data, and how many systems did not fit."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: int
    height: int
    left_out: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def steps_from(start: str, known: Mapping[str, Neighbour], *, depth: int) -> dict[str, int]:
    """How many steps away each system within `depth` is; negative for what needs `start`. The shorter way wins."""
    needed_by: dict[str, list[str]] = {}
    for one in known.values():
        for name in one.needs:
            needed_by.setdefault(name, []).append(one.name)
    found = {start: 0}
    for sign in (1, -1):
        queue = deque([(start, 0)])
        while queue:
            name, far = queue.popleft()
            near = known[name].needs if sign > 0 else needed_by.get(name, ())
            for other in sorted(near) if far < depth else ():
                if other in known and other not in found:
                    found[other] = sign * (far + 1)
                    queue.append((other, far + 1))
    return found


def drawn(start: str, known: Mapping[str, Neighbour], *, depth: int) -> Drawing:
    """The drawing around `start`, which must be known."""
    steps = steps_from(start, known, depth=depth)
    columns = {step: sorted(name for name, at in steps.items() if at == step) for step in sorted(set(steps.values()))}
    tallest = min(max(map(len, columns.values())), MOST)
    height = tallest * DOWN + 2 * EDGE
    boxes = {
        name: _box(known[name], step, place * ACROSS + EDGE, _top(len(names[:MOST]), height) + row * DOWN)
        for place, (step, names) in enumerate(columns.items())
        for row, name in enumerate(names[:MOST])
    }
    lines = [
        _line(boxes[name], boxes[other])
        for name in boxes
        for other in sorted(known[name].needs)
        if other in boxes and boxes[name].step < boxes[other].step
    ]
    width = (len(columns) - 1) * ACROSS + WIDTH + 2 * EDGE
    return Drawing(tuple(boxes.values()), tuple(lines), width, height, left_out=len(steps) - len(boxes))


def _top(count: int, height: int) -> int:
    return (height - count * DOWN) // 2 + (DOWN - HEIGHT) // 2


def _box(one: Neighbour, step: int, x: int, y: int) -> Box:
    label = one.name if len(one.name) <= LONGEST else f"{one.name[: LONGEST - 1]}…"
    return Box(one.name, label, one.type, one.status, step, x, y)


def _line(start: Box, end: Box) -> str:
    """From the right side of a box to the left side of what it needs."""
    x, y, to_x, to_y = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"
