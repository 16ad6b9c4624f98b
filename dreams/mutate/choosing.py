"""The candidates of one night, in the order in which they are tried. Pure, the same for the same arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dreams.mutate.candidate import Candidate, Changes, Origin, refusal
from dreams.mutate.dials import Dial, Stuck, dials_of
from dreams.mutate.hints import LowRatings, Telemetry, suggestions
from dreams.mutate.search import Tried, proposals
from dreams.mutate.writing import Draft
from governance.canonical import JSON, digest


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks to be tested, and their words for it."""

    changes: Changes
    sentence: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What somebody or something suggested and may not be tried, and why."""

    origin: Origin
    changes: Changes
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A night's candidates, the dummy first, with what was turned down and what cannot move although it is tunable."""

    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    stuck: tuple[Stuck, ...]


def candidates_of(
    constitution: dict[str, JSON],
    *,
    seed: int,
    most: int,
    wishes: Sequence[Wish] = (),
    telemetry: Telemetry | None = None,
    ratings: LowRatings | None = None,
    drafts: Sequence[Draft] = (),
    history: Sequence[Tried] = (),
    barred: Collection[Changes] = (),
) -> Chosen:
    """At most `most` candidates: the dummy, what people wish, what ratings and telemetry suggest, what a model wrote, and the
    optimiser for the rest.

    `barred` are changes that were rolled back or must never come again. Nothing comes twice, nothing is as it is today.
    """
    dials, stuck = dials_of(constitution)
    candidates = [_dummy(seed)] if most > 0 else []
    refused: list[Refused] = []
    known: set[str] = set()
    for idea in _ideas(
        dials,
        drafts,
        wishes=wishes,
        telemetry=telemetry or Telemetry(),
        ratings=ratings or LowRatings(),
        history=history,
        seed=seed,
    ):
        if len(candidates) >= most:
            break
        if digest(dict(idea.changes)) in known:
            continue
        known.add(digest(dict(idea.changes)))
        if why := refusal(idea.changes, constitution, barred=barred):
            refused.append(Refused(idea.origin, idea.changes, why))
        else:
            own = _seed(seed, idea.changes)
            candidates.append(Candidate(idea.origin, idea.changes, idea.sentence, own, idea.written_by))
    return Chosen(tuple(candidates), tuple(one for one in refused if one.origin is not Origin.OPTIMISER), stuck)


class Idea(NamedTuple):
    """What may become a candidate."""

    origin: Origin
    changes: Changes
    sentence: str
    written_by: str = ""


def _ideas(
    dials: Sequence[Dial],
    drafts: Sequence[Draft],
    *,
    wishes: Sequence[Wish],
    telemetry: Telemetry,
    ratings: LowRatings,
    history: Sequence[Tried],
    seed: int,
) -> Iterator[Idea]:
    by_pointer = {dial.pointer: dial for dial in dials}
    for wish in wishes:
        yield Idea(Origin.PERSON, _with_twins(wish.changes, dials), wish.sentence)
    for hint in suggestions(dials, telemetry=telemetry, ratings=ratings):
        yield Idea(hint.origin, by_pointer[hint.pointer].changes(hint.value), hint.sentence)
    for draft in drafts:
        yield Idea(Origin.MODEL, draft.changes, f"{draft.model} wrote these words.", draft.model)
    said = (
        "The optimiser looks where past dreams did well."
        if history
        else "The optimiser looks around: no dream is known yet."
    )
    for changes in proposals(dials, history=history, seed=seed):
        yield Idea(Origin.OPTIMISER, changes, said)


def _with_twins(changes: Changes, dials: Iterable[Dial]) -> Changes:
    """What a person wishes under one name of a thing moves under its other name too."""
    found = dict(changes)
    for dial in dials:
        for name in dial.pointers:
            if name in changes:
                found |= dial.changes(changes[name])
    return found


def _dummy(seed: int) -> Candidate:
    sentence = "Nothing changes: the same constitution twice shows how often chance alone would be promoted."
    return Candidate(Origin.DUMMY, {}, sentence, _seed(seed, {}))


def _seed(night: int, changes: Changes) -> int:
    """A candidate's own seed, from the night's and its changes."""
    return int.from_bytes(hashlib.sha256(f"{night}\0{digest(dict(changes))}".encode()).digest()[:6])
