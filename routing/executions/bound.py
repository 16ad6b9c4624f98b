"""Exactly what a verdict and an approval are about: the digest that anything moving breaks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance import canonical


@dataclass(frozen=True, slots=True)
class Bound:
    """One call of one system as it was shown. Digests are `sha256:…`; `maximums` what it may cost at most, by resource type;
    `connector_digest` covers where the call goes and every tool's definition."""

    request_id: str
    request_digest: str
    input_digest: str
    system_id: str
    system: str
    constitution_version: int
    constitution_digest: str
    action: str
    tool: str
    connector_digest: str
    maximums: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        known = {name: getattr(self, name) for name in self.__slots__}
        return {**known, "maximums": dict(self.maximums)}

    @property
    def digest(self) -> str:
        """What is approved."""
        return canonical.digest({"approves": "tars-execution-1", **self.as_json()})


_WORDS = {
    "request_digest": "what was asked",
    "input_digest": "its input",
    "system": "the system",
    "system_id": "the system",
    "constitution_version": "the constitution",
    "constitution_digest": "the constitution",
    "action": "the action",
    "tool": "the tool",
    "connector_digest": "the way to the agent or one of its tools",
    "maximums": "what it may cost",
}


def moved(before: Mapping[str, Any], now: Bound) -> str:
    """What moved since it was shown, as the subject of a sentence ("the constitution and the tool"); "" when nothing did."""
    names = list(dict.fromkeys(_changed(before, now.as_json())))
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, words in _WORDS.items():
        if before.get(name) != now[name]:
            yield words
