"""The path's steps in order. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `say` is what to look at there, `key` finds its address."""

    number: int
    key: str
    title: str
    say: str


STEPS = (
    Step(1, "inbox", "Open the inbox", "Everything that needs your role, the most urgent first. Pick one and open it."),
    Step(
        2,
        "read",
        "Read the change",
        "The big sentence says what changes; below it the fields, the JSON and the evidence.",
    ),
    Step(
        3,
        "approve",
        "Approve it",
        "The authority line says whose yes is needed. Approve with your password or code, reject, or ask for changes.",
    ),
    Step(
        4,
        "watch",
        "Watch the effect",
        "What took effect is a new version of the system's constitution, with its reason.",
    ),
    Step(
        5,
        "roll_back",
        "Roll it back",
        "See what undoing takes back and what stays. Nothing is undone until you confirm on this page.",
    ),
    Step(6, "verify", "Verify the record", "Every act is signed and chained. Verify now re-derives all of it."),
)


def step_of(number: int) -> Step | None:
    return next((step for step in STEPS if step.number == number), None)


def after(step: Step) -> Step | None:
    """The next step, None after the last."""
    return step_of(step.number + 1)
