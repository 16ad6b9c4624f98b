"""From a policy.toml to a document of the law. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, Final

from governance.lawbook.globs import overlap
from governance.lawbook.policy_toml.entries import Effect, Entry, ParseBody, read
from governance.lawbook.translation import MEND, Clause, Document, Fault, decoded, moment_of, refusal
from governance.policy.rules import Head, Rule
from governance.policy.terms import Atom, Compares, Condition, Fact, Known, Literal, Matches, Modality
from governance.policy.writing import rule_text

FORMAT: Final = "policy_toml"
MOST_RULES: Final = 1000
_TABLE = re.compile(r"\s*\[\[\s*[\"']?(rules?)[\"']?\s*\]\]")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADERS: Final = ("title", "authority", "enacted")


def translate(content: bytes, *, parse_body: ParseBody) -> Document:
    """The file's rules, one clause each. `parse_body` reads `when`. Raises `BadLawFile` with every fault of the file."""
    text = decoded(content)
    data = _parsed(text)
    faults: list[Fault] = []
    tables = _tables(data, text, faults)
    entries, left_out, found = read(tables, parse_body=parse_body)
    faults += found
    headers = {name: str(data.get(name, "")) for name in _HEADERS}
    enacted_at = _enacted(headers["enacted"], faults)
    if faults:
        raise refusal(faults)
    return Document(
        format=FORMAT,
        title=headers["title"] or "Workspace policy",
        authority=headers["authority"],
        clauses=tuple(_clauses(entries)),
        untranslated=(*_settings(data), *left_out),
        enacted_at=enacted_at,
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, 0)
        said = str(error).split(" (at ")[0]
        raise refusal([Fault(f"This is no TOML: {said[0].lower()}{said[1:]}. {MEND}", line, column)]) from None
    except RecursionError:
        raise refusal([Fault("The file is nested too deep. Write the rules flat.")]) from None


def _tables(data: Mapping[str, Any], text: str, faults: list[Fault]) -> list[tuple[int, Mapping[str, Any]]]:
    """The rules with their lines, in the order of the file."""
    lines: dict[str, list[int]] = {"rule": [], "rules": []}
    for number, line in enumerate(text.split("\n"), start=1):
        if head := _TABLE.match(line):
            lines[head[1]].append(number)
    found = []
    for key, places in lines.items():
        tables = data.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            faults.append(Fault(f"{key} is a list of tables: begin each rule with [[{key}]]."))
            continue
        places = places if len(places) == len(tables) else [0] * len(tables)
        found += list(zip(places, tables, strict=True))
    if not found and not faults:
        faults.append(Fault("There are no rules. Begin each with [[rule]]."))
    if len(found) > MOST_RULES:
        faults.append(Fault(f"There are more than {MOST_RULES} rules. Split the file."))
        return []
    return sorted(found, key=lambda pair: pair[0])


def _enacted(text: str, faults: list[Fault]) -> str:
    try:
        return moment_of(text) if text else ""
    except ValueError:
        faults.append(Fault(f"enacted: “{text[:40]}” is no date. Write 2026-01-31."))
        return ""


def _settings(data: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(data) - {"rule", "rules", *_HEADERS}):
        if name == "approval_mode":
            yield "approval_mode: it is left out, because TARS denies whatever no rule permits."
        else:
            yield f"{name}: TARS knows no such setting, so it is left out."


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry among the others: the weaker ones that say something else, and its rules by what they do."""

    entry: Entry
    weaker: tuple[Entry, ...]
    rules: tuple[tuple[_Act, Rule], ...]


def _clauses(entries: Sequence[Entry]) -> Iterator[Clause]:
    ranked = sorted(entries, key=lambda entry: (-entry.weight, -entry.rank, entry.line))
    placed: dict[str, _Placed] = {}
    for place, entry in enumerate(ranked):
        weaker = tuple(other for other in ranked[place + 1 :] if _meet(entry, other))
        lifts = entry.effect is Effect.ALLOW and any(other.effect is Effect.ASK for other in weaker)
        placed[entry.id] = _Placed(entry, weaker, tuple(_rules(entry, lifts=lifts)))
    for entry in entries:
        own = placed[entry.id]
        lines = [rule_text(rule) for _, rule in own.rules]
        lines += [
            line for weak in own.weaker if weak.weight == entry.weight for line in _preferences(own, placed[weak.id])
        ]
        yield Clause(number=entry.id, title=entry.name, text=entry.reason, rules="\n".join(lines), line=entry.line)


def _meet(one: Entry, other: Entry) -> bool:
    """Whether both can speak about one action and say different things."""
    return one.effect is not other.effect and any(overlap(mine, its) for mine, its in product(one.tools, other.tools))


def _rules(entry: Entry, *, lifts: bool) -> Iterator[tuple[_Act, Rule]]:
    """deny forbids; allow permits (and lifts an approval that a weaker rule asks for); ask permits and asks for approval."""
    for part, (tool, body) in enumerate(product(entry.tools, entry.bodies), start=1):
        for act, head in _heads(entry.effect, tool, lifts=lifts):
            is_guarded = act in (_Act.PERMITS, _Act.LIFTS) or "*" in tool
            id = f"{entry.id}{_ENDINGS.get((entry.effect, act), '')}{f'.{part}' if part > 1 else ''}"
            yield (
                act,
                Rule(
                    id=id,
                    head=head,
                    body=_guarded(body) if is_guarded else body,
                    weight=entry.weight,
                    bearer=entry.bearer,
                    line=entry.line,
                ),
            )


def _guarded(body: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """INVARIANT: a missing fact denies. A permission, and a rule over tools that may not have the argument, first ask whether it
    is there, or one such rule would deny every action of every system."""
    names = dict.fromkeys(
        value.name for one in body if isinstance(value := _value(one), Fact) and value.name.startswith("args.")
    )
    return (*(Known(name) for name in names), *body)


def _value(condition: Condition) -> object:
    if isinstance(condition, Matches):
        return condition.value
    return condition.left if isinstance(condition, Compares) else None


def _heads(effect: Effect, tool: str, *, lifts: bool) -> Iterator[tuple[_Act, Head]]:
    act, approved = Literal(Atom(tool)), Literal(Atom("approved", (tool,)))
    if effect is Effect.DENY:
        yield _Act.FORBIDS, Head((act.complement,), Modality.OBLIGATION)
        return
    if effect is Effect.ASK:
        yield _Act.ASKS, Head((approved,), Modality.OBLIGATION)
    yield _Act.PERMITS, Head((act,), Modality.PERMISSION)
    if lifts:
        yield _Act.LIFTS, Head((approved.complement,), Modality.PERMISSION)


def _preferences(strong: _Placed, weak: _Placed) -> Iterator[str]:
    """The pairs of their rules that contradict each other, the stronger first."""
    for (one, stronger), (other, weaker) in product(strong.rules, weak.rules):
        if _CONTRADICTS[one] is other:
            yield f"{stronger.id} > {weaker.id}"


class _Act(StrEnum):
    PERMITS = "permits"
    FORBIDS = "forbids"
    ASKS = "asks"
    LIFTS = "lifts"


_CONTRADICTS: Final = {
    _Act.PERMITS: _Act.FORBIDS,
    _Act.FORBIDS: _Act.PERMITS,
    _Act.ASKS: _Act.LIFTS,
    _Act.LIFTS: _Act.ASKS,
}
_ENDINGS: Final = {(Effect.ASK, _Act.PERMITS): ".may", (Effect.ALLOW, _Act.LIFTS): ".lift"}
