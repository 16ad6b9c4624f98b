"""Asking a model for variants of texts, before a night is planned: outside any transaction, in bounded time, believed in nothing.

Of the tenant's words the text alone leaves TARS, with its pointer and what the field is called; never a recorded request."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from dreams.mutate.candidate import Changes
from dreams.mutate.dials import Stuck
from dreams.mutate.writing import MOST_PLACES, ROLE, Draft, Drafts, NotTexts, Place, kept, question, texts_of
from governance.errors import DomainError
from routing.writing import choice
from routing.writing.writer import Asked, Said, Writer

log = logging.getLogger(__name__)
BY_HAND: Final = 10.0
"""Seconds that a person waits, on a page, for a night's words."""
NOBODY: Final = "A model may write variants of it, and this installation has none (TARS_WRITER_URL)."
TOO_MANY: Final = f"A model writes for {MOST_PLACES} places a night at most."
NO_TIME: Final = "There was no time left in which a model could write variants of it."


def written(places: Sequence[Place], *, barred: Collection[Changes], seconds: float) -> Drafts:
    """What the installation's model writes for these places, within so many seconds in all and as the settings allow. Raises
    nothing: what went wrong is said beside its place."""
    writer = choice.current()
    if writer is None:
        return Drafts(unwritten=tuple(Stuck(one.pointer, NOBODY) for one in places))
    ends = time.monotonic() + min(seconds, choice.seconds())
    texts: list[Draft] = []
    unwritten = [Stuck(one.pointer, TOO_MANY) for one in places[MOST_PLACES:]]
    counted: list[Said] = []
    for place in places[:MOST_PLACES]:
        said = _said(writer, place, seconds=ends - time.monotonic())
        if isinstance(said, Stuck):
            unwritten.append(said)
            continue
        counted.append(said)
        drafts, turned_down = _kept(said, place, writer.model, barred)
        texts += drafts
        unwritten += turned_down
    tokens_in, tokens_out = _sum(one.tokens_in for one in counted), _sum(one.tokens_out for one in counted)
    return Drafts(writer.model, tuple(texts), tuple(unwritten), tokens_in, tokens_out)


def _said(writer: Writer, place: Place, *, seconds: float) -> Said | Stuck:
    """The model's answer, or why there is none. HAZARD: nothing that the client raises may end a night's planning, and its words
    may hold what was asked, so of an unknown error the log has the kind alone."""
    if seconds <= 0:
        return Stuck(place.pointer, NO_TIME)
    try:
        return writer.write(Asked(ROLE, question(place), place.most_tokens), seconds=seconds)
    except DomainError as error:
        return Stuck(place.pointer, f"{writer.model} wrote nothing for it. {error.sentence}")
    except Exception as error:
        log.error("%s could not be asked: %s", writer.model, type(error).__name__)
        return Stuck(place.pointer, f"{writer.model} could not be asked for variants of it.")


def _kept(said: Said, place: Place, model: str, barred: Collection[Changes]) -> tuple[Sequence[Draft], Sequence[Stuck]]:
    try:
        return kept(texts_of(said.text), place, model=model, barred=barred)
    except NotTexts as error:
        why = "its answer ended where its length was used up" if said.is_cut else str(error)
        return (), (Stuck(place.pointer, f"{model} wrote nothing for it: {why}."),)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [one for one in counts if one is not None]
    return sum(known) if known else None
