"""What was asked at a moment of the demo's past, and what the agents answered. Pure: the same moment gives the same request."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from routing.connectors.contract import AgentError, Reply, TimedOut, ToolCall, Unreachable, Usage

_RANGE = re.compile(r"\{(\d+)-(\d+)\}")
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `is_yes` None: nobody is asked whether it may happen."""

    by: str
    text: str
    system: str
    action: str
    channel: str
    parts: tuple[str, ...]
    is_yes: bool
    decides_after: timedelta
    note: str
    stars: int | None
    words: str
    rates_after: timedelta


def ask_at(work: Mapping[str, Any], moment: datetime, *, key: str, text: str = "") -> Ask:
    """Who asked what at that moment. A `text` is asked instead of what would be drawn, by a program."""
    chance = random.Random(f"{key}/{moment.isoformat()}")
    kind: Mapping[str, Any] = {"texts": (text,)} if text else _drawn(chance, work["kinds"])
    slots = {name: chance.choice(values) for name, values in work["slots"].items()}

    def said(text: str) -> str:
        return _SLOT.sub(lambda found: slots[found[1]], text)

    answers = work["answers"]
    is_yes = chance.random() >= answers["rejects"]
    stars, words = _rating(chance, work["ratings"])
    return Ask(
        by=chance.choices(list(work["people"]), list(work["people"].values()))[0],
        text=said(chance.choice(kind["texts"])),
        system=kind.get("system", ""),
        action=kind.get("action", ""),
        channel="api" if text else chance.choices(("page", "api", "mcp", "cli"), (58, 24, 13, 5))[0],
        parts=tuple(map(said, kind.get("parts", ()))),
        is_yes=is_yes,
        decides_after=timedelta(seconds=chance.uniform(4, 40)),
        note=chance.choice(answers["notes" if is_yes else "because"]),
        stars=stars,
        words=words,
        rates_after=timedelta(seconds=chance.uniform(1, 30)),
    )


@dataclass(slots=True)
class Answering:
    """The agents at one moment, by what `work` says of each system."""

    work: Mapping[str, Any]
    chance: random.Random

    def __call__(self, system: str, _action: str, _attempt: int) -> tuple[Reply | AgentError, int]:
        """What the system answered, and its milliseconds."""
        told, chance = self.work["systems"][system], self.chance
        least, most = told["ms"]
        ms = int(least * (most / least) ** chance.betavariate(2, 3))
        shares, luck = told["shares"], chance.random()
        if luck < shares["timeout"]:
            return TimedOut(f"{system} was still at work when its time was over."), chance.randint(15_000, 30_000)
        if luck < shares["timeout"] + shares["unreachable"]:
            return Unreachable(f"{system} could not be reached.", may_have_run=False), chance.randint(20, 90)
        is_error = luck < shares["timeout"] + shares["unreachable"] + shares["error"]
        is_partial = not is_error and chance.random() < shares["partial"]
        tools = tuple(_tools(chance, told["tools"]))
        ms += sum(call.ms or 0 for call in tools)
        has_suggestion = told["suggestions"] and chance.random() < 0.06
        return Reply(
            output=None if is_error else _filled(chance, chance.choice(told["outputs"])),
            is_error=is_error,
            error=chance.choice(told["errors"]) if is_error else "",
            is_partial=is_partial,
            usage=_usage(chance, told),
            tool_calls=tools,
            suggestions=(chance.choice(told["suggestions"]),) if has_suggestion else (),
        ), ms


def _drawn(chance: random.Random, kinds: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return chance.choices(kinds, [kind["weight"] for kind in kinds])[0]


def _rating(chance: random.Random, ratings: Mapping[str, Any]) -> tuple[int | None, str]:
    if chance.random() >= ratings["share"]:
        return None, ""
    stars = chance.choices((1, 2, 3, 4, 5), (2, 4, 12, 38, 44))[0]
    words = ratings["good" if stars > 3 else "middling" if stars == 3 else "bad"]
    return stars, chance.choice(words)


def _tools(chance: random.Random, tools: Sequence[Mapping[str, Any]]) -> list[ToolCall]:
    found = []
    for tool in tools:
        if chance.random() < tool.get("share", 0.8):
            fails = chance.random() < tool["errors"]
            error = tool["error"] if fails else ""
            found.append(
                ToolCall(
                    tool["server"], tool["tool"], is_success=not fails, ms=chance.randint(*tool["ms"]), error=error
                )
            )
    return found


def _usage(chance: random.Random, told: Mapping[str, Any]) -> Usage:
    least_in, most_in, least_out, most_out = told["tokens"]
    seconds = Decimal(str(round(chance.uniform(*told["seconds"]), 3)))
    return Usage(
        tokens_in={told["model"]: chance.randint(least_in, most_in)},
        tokens_out={told["model"]: chance.randint(least_out, most_out)},
        compute_seconds=seconds,
        api_calls=chance.randint(1, 3),
    )


def _filled(chance: random.Random, value: Any) -> Any:
    """With every `{3-9}` as a number; one that stands alone is a number in the answer, too."""
    if isinstance(value, dict):
        return {name: _filled(chance, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(chance, one) for one in value]
    if not isinstance(value, str):
        return value
    filled = _RANGE.sub(lambda found: str(chance.randint(int(found[1]), int(found[2]))), value)
    return int(filled) if _RANGE.fullmatch(value) else filled
