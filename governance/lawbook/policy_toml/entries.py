"""The `[[rule]]` tables of a policy.toml, read and checked one by one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from governance.lawbook.translation import Fault, said_by, slug
from governance.policy.errors import NotATheory
from governance.policy.terms import Compares, Condition, Fact, Matches

LEVELS: Final = {"admin": 590, "user": 580, "default": 570}
SHELLS: Final = frozenset({"run_terminal_cmd", "run_shell_command", "shell", "bash"})
_TOOL_KEYS: Final = ("tool", "tool_pattern", "toolName", "pattern")
_SAID_KEYS: Final = ("reason", "description", "denyMessage", "deny_message")
_KNOWN: Final = frozenset(
    {
        "name",
        "priority",
        "action",
        "decision",
        "arg_pattern",
        "arg",
        "args",
        "commandPrefix",
        "mcpName",
        "when",
        "subagent",
    }
    | {*_TOOL_KEYS, *_SAID_KEYS}
)
_TOOL = re.compile(r"[\w.\-/:*]+")
_ARGUMENT = re.compile(r"[A-Za-z][\w.\-]*")
_MOST_BODIES: Final = 64

Body = tuple[Condition, ...]
ParseBody = Callable[[str], Body]


class Effect(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"


_EFFECTS: Final = {"allow": Effect.ALLOW, "deny": Effect.DENY, "ask": Effect.ASK, "ask_user": Effect.ASK}


@dataclass(frozen=True, slots=True)
class Entry:
    """One table: what it does to which tools, and when. Any one of `bodies` suffices."""

    id: str
    name: str
    reason: str
    effect: Effect
    tools: tuple[str, ...]
    bodies: tuple[Body, ...]
    weight: int
    rank: float
    bearer: str
    line: int


class LeftOut(Exception):
    """A table that cannot be said in rules; the message says why."""


def read(
    tables: list[tuple[int, Mapping[str, Any]]], *, parse_body: ParseBody
) -> tuple[list[Entry], list[str], list[Fault]]:
    """Entries, what was left out in a sentence each, and faults. `tables` come with their lines."""
    entries: list[Entry] = []
    left_out: list[str] = []
    faults: list[Fault] = []
    taken: dict[str, int] = {}
    for line, table in tables:
        try:
            entry = _entry(table, line=line, taken=taken, parse_body=parse_body)
        except LeftOut as why:
            left_out.append(f"{table.get('name') or 'the rule'} (line {line}): {why}")
        except ValueError as fault:
            faults.append(Fault(str(fault), line))
        else:
            entries.append(entry)
    return entries, left_out, faults


def _entry(table: Mapping[str, Any], *, line: int, taken: dict[str, int], parse_body: ParseBody) -> Entry:
    name = _text(table, "name")
    effect = _effect(table)
    tools = tuple(_tools(table))
    weight, rank = _level(table.get("priority", "default"))
    if unknown := sorted(set(table) - _KNOWN):
        raise LeftOut(f"{unknown[0]} cannot be said in rules, so the rule is left out.")
    return Entry(
        id=_id(name, slug(f"{effect}-{tools[0]}") or "rule", line=line, taken=taken),
        name=name or f"{effect.value.capitalize()} {', '.join(tools)}",
        reason=next((str(table[key]) for key in _SAID_KEYS if table.get(key)), ""),
        effect=effect,
        tools=tools,
        bodies=_bodies(table, tools=tools, parse_body=parse_body),
        weight=weight,
        rank=rank,
        bearer=_text(table, "subagent"),
        line=line,
    )


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is a text.")
    return value.strip()


def _texts(table: Mapping[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
        raise ValueError(f"{key} is a text or a list of texts.")
    return found


def _effect(table: Mapping[str, Any]) -> Effect:
    word = _text(table, "action") or _text(table, "decision")
    if not word:
        raise ValueError("The rule says neither allow, deny nor ask. Add action.")
    if word == "dry_run_first":
        raise LeftOut("dry_run_first cannot be said in rules, so the rule is left out.")
    if word not in _EFFECTS:
        raise ValueError(f"“{word[:40]}” is no action. Write allow, deny or ask.")
    return _EFFECTS[word]


def _tools(table: Mapping[str, Any]) -> Iterator[str]:
    names = [part.strip() for key in _TOOL_KEYS for text in _texts(table, key) for part in text.split("|")]
    server = _text(table, "mcpName")
    if not names and not server:
        raise ValueError("The rule names no tool. Add tool, such as “shell.*” or “*”.")
    for name in names or ["*"]:
        tool = f"mcp_{server}_{name}" if server else name
        if not _TOOL.fullmatch(tool):
            raise LeftOut(f"the pattern “{tool[:60]}” is more than a name with stars, so the rule is left out.")
        yield tool


def _level(priority: Any) -> tuple[int, float]:
    """A level's weight and the rank inside it: words are levels, a number orders inside the level of users."""
    if isinstance(priority, str) and priority.lower() in LEVELS:
        return LEVELS[priority.lower()], 0.0
    if isinstance(priority, int | float) and not isinstance(priority, bool):
        return LEVELS["user"], float(priority)
    raise ValueError("priority is admin, user, default or a number.")


def _id(name: str, otherwise: str, *, line: int, taken: dict[str, int]) -> str:
    id = slug(name)
    if id and id in taken:
        raise ValueError(f"Two rules are called {name[:60]}; line {taken[id]} has it too. Rename one.")
    if not id:
        id, count = otherwise, 1
        while id in taken:
            count += 1
            id = f"{otherwise}-{count}"
    taken[id] = line
    return id


def _bodies(table: Mapping[str, Any], *, tools: tuple[str, ...], parse_body: ParseBody) -> tuple[Body, ...]:
    fixed = (*_named(table), *_line(table, tools), *_when(table, parse_body))
    prefixes = _texts(table, "commandPrefix")
    if len(prefixes) > _MOST_BODIES // 2:
        raise LeftOut(f"more than {_MOST_BODIES // 2} prefixes, so the rule is left out. Split it.")
    if not prefixes:
        return (fixed,)
    return tuple((*fixed, begins) for prefix in prefixes for begins in _begins(prefix))


def _begins(prefix: str) -> Iterator[Condition]:
    """gemini-cli: the command is the prefix, or goes on after a space."""
    if set(prefix) & set("*?[]"):
        raise LeftOut(f"the prefix “{prefix[:60]}” holds wildcards, so the rule is left out.")
    command = Fact("args.command")
    yield Compares("==", command, prefix.strip())
    yield Matches(command, f"{prefix.strip()} *")


def _named(table: Mapping[str, Any]) -> Iterator[Condition]:
    for key in ("arg", "args"):
        given = table.get(key, {})
        if not isinstance(given, Mapping):
            raise ValueError(f"{key} names arguments, such as {key}.command = “rm *”.")
        for name, value in sorted(given.items()):
            if not _ARGUMENT.fullmatch(name):
                raise ValueError(f"“{name[:40]}” is no name of an argument.")
            yield _is(Fact(f"args.{name}"), value)


def _line(table: Mapping[str, Any], tools: tuple[str, ...]) -> Iterator[Condition]:
    if pattern := _text(table, "arg_pattern"):
        yield _is(Fact("args.command" if set(tools) <= SHELLS else "args.line"), pattern)


def _is(fact: Fact, value: Any) -> Condition:
    if isinstance(value, bool | int):
        return Compares("==", fact, value)
    if isinstance(value, float):
        return Compares("==", fact, Decimal(repr(value)))
    if not isinstance(value, str):
        raise ValueError(f"What {fact.name} is compared with is a text, a number, true or false.")
    if set(value) & set("[]{}"):
        raise LeftOut(f"the pattern “{value[:60]}” is more than stars and question marks, so the rule is left out.")
    return Matches(fact, value) if set(value) & set("*?") else Compares("==", fact, value)


def _when(table: Mapping[str, Any], parse_body: ParseBody) -> Body:
    text = _text(table, "when")
    try:
        return parse_body(text) if text else ()
    except NotATheory as error:
        where = f" (its column {error.column})" if error.column else ""
        raise ValueError(f"when: {said_by(error)}{where}") from None
