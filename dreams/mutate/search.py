"""An optimiser over the dials that learns from past dreams: a tree-structured Parzen estimator (TPE). Pure, seeded.

Source: Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 24 (2011), as optuna computes it, in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dreams.mutate.dials import Dial
from governance.canonical import JSON
from governance.constitution.values import same

if TYPE_CHECKING:
    from numpy.random import Generator
    from optuna.distributions import BaseDistribution

MOST_MOVED: Final = 2
"""Dials that one candidate moves at most: of two a person still sees which did it."""
_STALE: Final = 30
"""After so many answers in a row that are known already, the optimiser has nothing more to say."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A past dream: the dials' values (today's where a dial is not named), and the primary metric's mean gain on the *seen* part:
    what was seen on held-out requests stays unknown to the optimiser, or they would no longer be held out."""

    values: Mapping[str, JSON]
    gain: float


def proposals(
    dials: Sequence[Dial], *, history: Sequence[Tried], seed: int, most_moved: int = MOST_MOVED
) -> Iterator[dict[str, JSON]]:
    """Changes worth trying, the most promising first, each once; for the caller to take as many as may be tried.

    Today's values are known to gain 0. A past dream counts where all its values are values of today's dials. When the optimiser
    only repeats itself, the moves of one dial that are left follow in a seeded order. The same for the same arguments.
    """
    import numpy as np

    chance = np.random.default_rng(seed)
    known: set[Places] = set()
    moves = (_fewer(one, chance, most_moved) for one in _asked(dials, history, seed)) if dials else iter(())
    stale = 0
    for places in moves:
        stale = stale + 1 if places in known or not places else 0
        if not stale:
            known.add(places)
            yield _changes(dials, places)
        elif stale == _STALE:
            break
    left = [
        ((dial.pointer, place),)
        for dial in dials
        for place, value in enumerate(dial.values)
        if not same(value, dial.today)
    ]
    for number in chance.permutation(len(left)):
        if left[number] not in known:
            yield _changes(dials, left[number])


Places = tuple[tuple[str, int], ...]
"""Which dials move, and to which of their values."""


def _asked(dials: Sequence[Dial], history: Sequence[Tried], seed: int) -> Iterator[Places]:
    """The optimiser's answers, endlessly: the dials that it would move."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, 2 * len(dials) + 2))
    study = optuna.create_study(sampler=sampler, direction="maximize")
    ways = {dial.pointer: _way(dial) for dial in dials}
    for one in (Tried({}, 0.0), *history):
        if (places := _places(dials, one.values)) is not None:
            study.add_trial(optuna.trial.create_trial(params=places, distributions=ways, value=one.gain))
    while True:
        answer = study.ask(ways).params
        yield tuple(
            (dial.pointer, answer[dial.pointer])
            for dial in dials
            if not same(dial.values[answer[dial.pointer]], dial.today)
        )


def _fewer(places: Places, chance: Generator, most: int) -> Places:
    """At most so many of the moves, drawn."""
    if len(places) <= most:
        return places
    kept = set(chance.choice(len(places), most, replace=False).tolist())
    return tuple(move for number, move in enumerate(places) if number in kept)


def _changes(dials: Sequence[Dial], places: Places) -> dict[str, JSON]:
    by_pointer = {dial.pointer: dial for dial in dials}
    moves = ((by_pointer[pointer], place) for pointer, place in places)
    return {name: value for dial, place in moves for name, value in dial.changes(dial.values[place]).items()}


def _way(dial: Dial) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    count = len(dial.values)
    return IntDistribution(0, count - 1) if dial.is_ordered else CategoricalDistribution(range(count))


def _places(dials: Sequence[Dial], values: Mapping[str, JSON]) -> dict[str, Any] | None:
    places = {dial.pointer: dial.index_of(values.get(dial.pointer, dial.today)) for dial in dials}
    return None if None in places.values() else places
