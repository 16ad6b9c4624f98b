"""The result of a replay as it is kept, shown, taken away and attached. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from routing.whatif.cases import REASONS
from routing.whatif.estimate import ALIKE, LEAST, NEIGHBOURS, History, Weighed, together, weighed
from routing.whatif.tally import MOST_WEIGHED, Move, Tally, coverage, measured, sentence

FORM: Final = "tars.what-if.v1"
MOST_MOVES: Final = 30
_PLACES: Final = {"success": 4, "cost_usd": 6, "stars": 2}
HOW: Final = (
    "Before is what became of these requests. After is estimated: each is compared with the newest executions of its new "
    f"system, and up to {NEIGHBOURS} that are most alike count, those with a likeness of {ALIKE:.1f} or more. Intervals hold "
    f"with 95 %. Fewer than {LEAST} similar executions are no estimate."
)


def outcome_of(
    tally: Tally, *, total: int, days: int, model: str, histories: Callable[[Move], History | None]
) -> dict[str, Any]:
    """Everything that a page shows of a replay, as JSON. `histories` gives what a move's new system did."""
    shown = tally.sorted[:MOST_MOVES]
    moves, parts, pasts = [], [], []
    for move in shown:
        said, part, known = _move(move, histories(move), model=model)
        moves.append(said)
        parts.append(part)
        pasts += known
    rest = tally.sorted[MOST_MOVES:]
    return {
        "coverage": {
            "total": total,
            "read": tally.read,
            "replayed": tally.replayed,
            "share": round(tally.replayed / total, 4) if total else 0.0,
            "as_then": tally.as_then,
            "left_out": max(0, total - tally.read),
            "reasons": [
                {"reason": reason, "words": REASONS[reason], "count": count}
                for reason, count in tally.skipped.most_common()
            ],
            "sentence": coverage(tally, total=total, days=days),
        },
        "sentence": sentence(tally),
        "counts": {
            "moved": tally.moved,
            "stayed": tally.stays,
            "into_scope": tally.in_scope,
            "out_of_scope": tally.out_of_scope,
            "unjudged": sum(move.unjudged for move in tally.moves.values()),
        },
        "figures": _figures(pasts, together(parts), count=sum(one["with_history"] for one in moves)),
        "nobody": _nobody(tally),
        "moves": moves,
        "more_moves": {"kinds": len(rest), "count": sum(move.count for move in rest)},
        "weighed": {"count": tally.weighed, "is_all": tally.moved <= MOST_WEIGHED},
        "examples": [example.as_json() for example in tally.examples()],
        "how": HOW,
    }


def _nobody(tally: Tally) -> dict[str, Any]:
    """Those whom nobody would have served, with what became of them: they have no after to compare with."""
    moves = [move for move in tally.moves.values() if move.after.id is None]
    known = measured(past for move in moves for past in move.pasts)
    return {"count": sum(move.count for move in moves), "before": known}


def _move(move: Move, history: History | None, *, model: str) -> tuple[dict[str, Any], Weighed, list[Any]]:
    """One row, what it adds to the estimate of all, and what became of those of it that have a history."""
    part, has = together([]), [False] * len(move.pasts)
    if history is not None and move.pasts:
        part, alike = weighed(move.matrix, history, model=model)
        has = alike.tolist()
    known = [past for past, is_known in zip(move.pasts, has, strict=True) if is_known]
    said = {
        "from": move.before,
        "to": move.after.name,
        "count": move.count,
        "unjudged": move.unjudged,
        "with_history": len(known),
        "unknown": len(move.pasts) - len(known),
        "before": measured(move.pasts),
        "after": part.as_json(),
    }
    return said, part, known


def _figures(pasts: list[Any], after: Weighed, *, count: int) -> dict[str, Any]:
    """Those with a history, before and after: like is compared with like."""
    before, then = measured(pasts), after.as_json()
    return {
        "count": count,
        "before": before,
        "after": then,
        "change": {name: _change(before[name], then[name], places) for name, places in _PLACES.items()},
    }


def _change(before: dict[str, Any] | None, after: dict[str, Any] | None, places: int) -> dict[str, Any] | None:
    if before is None or after is None:
        return None
    return {name: round(after[name] - before["value"], places) for name in ("value", "low", "high")}
