"""The words of the controlled language and the documented actions they stand for (docs/session-rules.md lists them). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Actions, as globs over their names; `is_external`: only those whose fact `external` is true."""

    globs: tuple[str, ...]
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """One thing that people speak of. `verbs` are said after "do not" and, as gerunds, after "no" and "before"."""

    globs: tuple[str, ...]
    nouns: tuple[str, ...]
    verbs: tuple[str, ...] = ()


AREAS = (
    Area(
        ("network.*", "api.*", "http.*"),
        ("network calls", "network access", "network requests", "network traffic", "network", "api calls", "api requests",
         "api access", "http calls", "http requests", "web requests", "internet access", "internet"),
        ("call network", "access network", "use network", "call apis", "use apis", "access apis", "make api calls",
         "make network calls", "make network requests", "make http requests", "access internet", "use internet"),
    ),
    Area(
        ("files.write*", "files.create*", "files.delete*", "files.move*"),
        ("file system writes", "filesystem writes", "file writes", "file changes", "file modifications",
         "file system changes", "file system modifications", "writes to file system", "writes to files"),
        ("write files", "change files", "modify files", "write to file system", "write to files", "write to disk"),
    ),
    Area(("files.delete*",), ("file deletions", "file deletes"), ("delete files", "remove files")),
    Area(("files.read*",), ("file reads", "file system reads"), ("read files",)),
    Area(
        ("files.*",),
        ("file system access", "file access", "file operations", "file system operations", "filesystem access"),
        ("access file system", "access files", "use file system", "touch files"),
    ),
    Area(
        ("database.write*", "database.insert*", "database.update*", "database.delete*", "database.create*",
         "database.alter*", "database.drop*", "database.truncate*", "database.migrate*"),
        ("database modifications", "database changes", "database writes", "database updates", "database mutations",
         "writes to database", "changes to database"),
        ("modify database", "change database", "write to database", "update database", "alter database"),
    ),
    Area(("database.read*", "database.query*", "database.select*"), ("database reads",), ("read database",)),
    Area(
        ("database.*",),
        ("database operations", "database access", "database calls", "database queries", "database"),
        ("access database", "use database", "query database", "touch database"),
    ),
    Area(
        ("shell.*", "process.*"),
        ("shell commands", "shell access", "shell", "command execution", "commands", "subprocesses"),
        ("run shell commands", "run commands", "execute commands", "execute shell commands", "use shell", "start processes"),
    ),
    Area(("email.*", "mail.*"), ("emails", "e-mails", "email", "e-mail", "mails"),
        ("send emails", "send e-mails", "send email", "send mail")),
    Area(("payments.*",), ("payments",), ("make payments", "send payments", "pay")),
    Area(("deploy*", "deployments.*"), ("deployments", "deploys", "deployment"), ("deploy",)),
    Area(
        ("delete*", "*.delete*", "remove*", "*.remove*", "drop*", "*.drop*"),
        ("deletions", "deletes"),
        ("delete", "delete anything", "remove anything"),
    ),
    Area(
        ("read", "read_*", "*.read", "*.read_*", "get_*", "*.get", "*.get_*", "list_*", "*.list", "*.list_*",
         "search_*", "*.search", "*.search_*", "view_*", "*.view", "*.view_*"),
        ("reads", "read actions", "read operations", "read access", "read-only actions", "reading"),
        ("read",),
    ),
    Area(("*",), ("actions", "action", "everything", "anything", "action at all"), ("do anything", "act")),
)  # fmt: skip

_GERUNDS = {
    "access": "accessing", "act": "acting", "alter": "altering", "call": "calling", "change": "changing",
    "delete": "deleting", "deploy": "deploying", "do": "doing", "execute": "executing", "make": "making",
    "modify": "modifying", "pay": "paying", "query": "querying", "read": "reading", "remove": "removing", "run": "running",
    "send": "sending", "start": "starting", "touch": "touching", "update": "updating", "use": "using", "write": "writing",
}  # fmt: skip
_ARTICLES = frozenset({"a", "all", "an", "any", "the"})
_EXTERNAL = frozenset({"external", "outbound"})
_CALLS = frozenset({"access", "calls", "requests", "services", "systems"})
"""What is about the network once it is external."""
_ACTION = re.compile(r"[A-Za-z*][A-Za-z0-9_.\-/:*]*")
_HELPERS = re.compile(
    r"(?:use|call|run|do|perform|invoke|execute|using|calling|running|doing|performing|invoking|executing)\s+(.+)", re.I
)


def target_of(words: str) -> Target | None:
    """What a phrase stands for: a known one, an action's name or glob, or several joined by commas, "and", "or"; None if not all
    of it is understood."""
    if (found := _one(words)) is not None:
        return found
    parts = re.split(r"\s*,\s*(?:and |or |nor )?|\s+(?:and|or|nor)\s+", words, flags=re.I)
    if len(parts) < 2:
        return None
    targets = [_one(part) for part in parts]
    if any(target is None for target in targets):
        return None
    known = [target for target in targets if target is not None]
    if len({target.is_external for target in known}) != 1:
        return None
    globs = tuple(dict.fromkeys(glob for target in known for glob in target.globs))
    return Target(globs, is_external=known[0].is_external)


def _one(words: str) -> Target | None:
    kept = [word for word in words.split() if word.casefold() not in _ARTICLES]
    inner = [word for word in kept if word.casefold() not in _EXTERNAL]
    is_external = len(inner) < len(kept)
    globs = _globs(" ".join(inner), is_external=is_external)
    return Target(globs, is_external=is_external) if globs else None


def _globs(words: str, *, is_external: bool) -> tuple[str, ...]:
    phrase = words.casefold()
    if is_external and phrase in _CALLS:
        return AREAS[0].globs
    if phrase in PHRASES:
        return PHRASES[phrase]
    if helped := _HELPERS.fullmatch(words):
        return _globs(helped[1], is_external=is_external)
    name = words.strip("`'\"")
    is_name = len(name) <= 100 and _ACTION.fullmatch(name) and not name.endswith((".", ":", "/"))
    return (name,) if is_name else ()


def _phrases() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for area in AREAS:
        for phrase in (*area.nouns, *area.verbs, *(_gerund(verb) for verb in area.verbs)):
            found.setdefault(phrase, area.globs)
    return found


def _gerund(verb: str) -> str:
    first, space, rest = verb.partition(" ")
    return _GERUNDS[first] + space + rest


PHRASES = _phrases()
