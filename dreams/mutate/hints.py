"""What telemetry and ratings suggest trying: each a small function from figures to a value and the sentence that explains it.
Pure.

A share counts only where even its lower bound (95 %, `routing.learning.belief`) is high enough: three of three are no pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dreams.mutate.candidate import Origin
from dreams.mutate.dials import Dial
from governance.canonical import JSON
from governance.constitution.values import MISSING
from routing.learning.belief import lower_bound

OFTEN: Final = 0.75
"""From what share on something succeeds often enough to build on."""
SELDOM: Final = 0.10
LEAST_RATED: Final = 5


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What was seen of one system in the days before. Counts of requests; 0 where nothing is known.

    `fallbacks`: the first system failed and another was asked after the delay; `fallbacks_won` of them succeeded. `just_below`
    the routing threshold (by at most 0.05) and not sent: `just_below_won` succeeded at the same system all the same.
    `just_above` it: `just_above_lost` failed. `last_retries`: requests that needed the last allowed retry; `last_retries_won`
    by it. `matches_beyond` the fuzzy threshold, by little (it is a distance, as Fuse.js
    has it: a higher one is looser; seeds/004 8): `matches_beyond_right` were confirmed. `matches_within` it, by little:
    `matches_within_wrong` were not.
    """

    fallbacks: int = 0
    fallbacks_won: int = 0
    just_below: int = 0
    just_below_won: int = 0
    just_above: int = 0
    just_above_lost: int = 0
    last_retries: int = 0
    last_retries_won: int = 0
    matches_beyond: int = 0
    matches_beyond_right: int = 0
    matches_within: int = 0
    matches_within_wrong: int = 0


@dataclass(frozen=True, slots=True)
class LowRatings:
    """Executions with one or two stars, of `rated` rated ones: how many were routed with little confidence (less than 0.1 above
    the threshold), how many waited for a fallback."""

    rated: int = 0
    low: int = 0
    low_and_unsure: int = 0
    low_and_waited: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A dial and the value to try."""

    origin: Origin
    pointer: str
    value: JSON
    sentence: str


def shorter_fallback(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """ "Fallback takes 500 ms: try 200" (seeds/000, Day 30)."""
    if not _is_at(dial, *_DELAY) or not _is_often(seen.fallbacks_won, seen.fallbacks):
        return None
    said = f"The fallback waits {dial.today} ms, and {_of(seen.fallbacks_won, seen.fallbacks)} fallbacks succeeded"
    return _moved(dial, 0.4 * dial.today, Origin.TELEMETRY, f"{said}: try {{value}} ms.")


def lower_threshold(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """Many requests just under the threshold would have succeeded."""
    if not _is_at(dial, *_THRESHOLD) or not _is_often(seen.just_below_won, seen.just_below):
        return None
    said = f"{_of(seen.just_below_won, seen.just_below)} requests just under the threshold of {dial.today} succeeded"
    return _moved(dial, dial.today - 0.05, Origin.TELEMETRY, f"{said}: try {{value}}.")


def higher_threshold(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """Many requests just above the threshold fail."""
    if not _is_at(dial, *_THRESHOLD) or lower_bound(seen.just_above_lost, seen.just_above) < 1 - OFTEN:
        return None
    said = f"{_of(seen.just_above_lost, seen.just_above)} requests just above the threshold of {dial.today} failed"
    return _moved(dial, dial.today + 0.05, Origin.TELEMETRY, f"{said}: try {{value}}.")


def fewer_retries(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """The last retry helps nobody."""
    lost = seen.last_retries - seen.last_retries_won
    if not _is_at(dial, *_RETRIES) or lower_bound(lost, seen.last_retries) < 1 - SELDOM:
        return None
    said = f"The last of {dial.today} retries helped {_of(seen.last_retries_won, seen.last_retries)} times"
    return _moved(dial, dial.today - 1, Origin.TELEMETRY, f"{said}: try {{value}}.")


def more_retries(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """The last retry still helps half of the time: one more may, too."""
    if not _is_at(dial, *_RETRIES) or lower_bound(seen.last_retries_won, seen.last_retries) < 0.5:
        return None
    said = f"The last of {dial.today} retries still helped {_of(seen.last_retries_won, seen.last_retries)} times"
    return _moved(dial, dial.today + 1, Origin.TELEMETRY, f"{said}: try {{value}}.")


def looser_match(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """Matches just beyond the fuzzy threshold turn out right."""
    if not _is_at(dial, *_MATCH) or not _is_often(seen.matches_beyond_right, seen.matches_beyond):
        return None
    said = f"{_of(seen.matches_beyond_right, seen.matches_beyond)} matches just beyond {dial.today} were confirmed"
    return _moved(dial, dial.today + 0.05, Origin.TELEMETRY, f"{said}: try {{value}}.")


def stricter_match(seen: Telemetry, dial: Dial) -> Suggestion | None:
    """Matches just within the fuzzy threshold turn out wrong."""
    if not _is_at(dial, *_MATCH) or lower_bound(seen.matches_within_wrong, seen.matches_within) < SELDOM:
        return None
    said = f"{_of(seen.matches_within_wrong, seen.matches_within)} matches just within {dial.today} were wrong"
    return _moved(dial, dial.today - 0.05, Origin.TELEMETRY, f"{said}: try {{value}}.")


def surer_after_low_ratings(rated: LowRatings, dial: Dial) -> Suggestion | None:
    """Badly rated requests were those routed with little confidence."""
    if not _is_at(dial, *_THRESHOLD) or not _is_mostly(rated.low_and_unsure, rated.low):
        return None
    said = f"{_of(rated.low_and_unsure, rated.low)} badly rated requests were routed just above {dial.today}"
    return _moved(dial, dial.today + 0.05, Origin.RATING, f"{said}: try {{value}}.")


def faster_after_low_ratings(rated: LowRatings, dial: Dial) -> Suggestion | None:
    """Badly rated requests had waited for a fallback."""
    if not _is_at(dial, *_DELAY) or not _is_mostly(rated.low_and_waited, rated.low):
        return None
    said = f"{_of(rated.low_and_waited, rated.low)} badly rated requests had waited for a fallback"
    return _moved(dial, 0.4 * dial.today, Origin.RATING, f"{said}: try {{value}} ms instead of {dial.today} ms.")


def other_words_after_low_ratings(rated: LowRatings, dial: Dial) -> Iterator[Suggestion]:
    """Every other listed variant of a text, where many answers are rated badly."""
    if dial.is_ordered or not all(isinstance(value, str) for value in dial.values):
        return
    if rated.low >= LEAST_RATED and rated.low >= SELDOM * rated.rated:
        for value in dial.others:
            said = f"{_of(rated.low, rated.rated)} ratings were one or two stars: try another of the listed variants."
            yield Suggestion(Origin.RATING, dial.pointer, value, said)


_THRESHOLD: Final = ("/routing_confidence_threshold", "/routing_rules/confidence_threshold")
_DELAY: Final = ("/fallback_delay_ms",)
_RETRIES: Final = ("/routing_rules/max_retries",)
_MATCH: Final = ("/fuzzy_match_threshold",)
_TELEMETRY: Final[Sequence[Callable[[Telemetry, Dial], Suggestion | None]]] = (
    shorter_fallback,
    lower_threshold,
    higher_threshold,
    fewer_retries,
    more_retries,
    looser_match,
    stricter_match,
)
_RATINGS: Final[Sequence[Callable[[LowRatings, Dial], Suggestion | None]]] = (
    surer_after_low_ratings,
    faster_after_low_ratings,
)


def suggestions(dials: Sequence[Dial], *, telemetry: Telemetry, ratings: LowRatings) -> tuple[Suggestion, ...]:
    """Everything the figures suggest, ratings first: somebody minded."""
    found = [hint(ratings, dial) for dial in dials for hint in _RATINGS]
    found += [hint for dial in dials for hint in other_words_after_low_ratings(ratings, dial)]
    found += [hint(telemetry, dial) for dial in dials for hint in _TELEMETRY]
    return tuple(one for one in found if one is not None)


def _is_at(dial: Dial, *pointers: str) -> bool:
    return dial.is_ordered and dial.pointer in pointers


def _moved(dial: Dial, target: float, origin: Origin, sentence: str) -> Suggestion | None:
    value = dial.toward(target)
    return None if value is MISSING else Suggestion(origin, dial.pointer, value, sentence.format(value=value))


def _is_often(won: int, of: int) -> bool:
    return lower_bound(won, of) >= OFTEN


def _is_mostly(some: int, of: int) -> bool:
    return of >= LEAST_RATED and 2 * some > of


def _of(some: int, of: int) -> str:
    return f"{some} of {of}"
