"""A canonical scenario, and a pair of responses of which people prefer one: what they hold, and what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from governance import canonical
from governance.errors import Invalid, NotFound
from governance.policy.verdict import Outcome
from governance.rulebook import question

MOST: Final = 500
"""Scenarios of a tenant, and as many pairs."""
OWN: Final = "{own}"
"""An action to be filled in: the first capability that acts (what only looks is never held back) and needs no approval."""
ASKS: Final = "{asks}"
"""An action to be filled in: the first that needs approval."""
_LENGTHS: Final = {"title": 120, "domain": 40, "principle": 120, "text": 2_000, "system": 200, "expected_system": 200}
_WORDS: Final = 20
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Kind(StrEnum):
    SCENARIO = "scenario"
    PAIR = "pair"


class Circumstance(StrEnum):
    """What is the case when it is asked, whatever is the case today."""

    ORDINARY = "ordinary"
    STOPPED = "stopped"
    HOLD = "hold"
    RECOVERY = "recovery"
    DEGRADED = "degraded"


class Asker(StrEnum):
    """Who acts: the system itself, a person, or TARS."""

    SYSTEM = "system"
    PERSON = "person"
    TARS = "tars"


class Preference(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NEITHER = "neither"


class BadScenario(Invalid):
    """A scenario or a pair that cannot be asked, or expects nothing; `problems` says which member."""

    code = "bad_scenario"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is put to the rulebook: one action, with what may be known about it."""

    action: str
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    circumstance: Circumstance = Circumstance.ORDINARY
    asked_by: Asker = Asker.SYSTEM

    def as_json(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "text": self.text,
            "facts": dict(self.facts),
            "circumstance": self.circumstance.value,
            "asked_by": self.asked_by.value,
        }

    @property
    def digest(self) -> str:
        """Of the question alone: two that are the same may be compared over time."""
        return canonical.digest(self.as_json())


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation with the response that people expect. `system` is "" for all of them."""

    title: str
    domain: str
    principle: str
    asked: Asked
    expected: str = ""
    expected_system: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    system: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "domain": self.domain,
            "principle": self.principle,
            **self.asked.as_json(),
            "expected": self.expected,
            "expected_system": self.expected_system,
            "has": list(self.has),
            "lacks": list(self.lacks),
            "system": self.system,
        }

    @property
    def wants_answer(self) -> bool:
        return bool(self.has or self.lacks)


@dataclass(frozen=True, slots=True)
class Response:
    """One candidate response: what it is called, and the action that it would be."""

    label: str
    action: str

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "action": self.action}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidate responses to one situation, and which of them people say is right. `dimension`: "compliance before speed"."""

    title: str
    dimension: str
    left: Response
    right: Response
    expected: Preference
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    system: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "dimension": self.dimension,
            "left": self.left.as_json(),
            "right": self.right.as_json(),
            "expected": self.expected.value,
            "text": self.text,
            "facts": dict(self.facts),
            "system": self.system,
        }

    def asked(self, response: Response) -> Asked:
        """The situation with this response."""
        return Asked(response.action, self.text, self.facts)


Content = Scenario | Pair


@dataclass(frozen=True, slots=True)
class Item:
    """A scenario or a pair as the tenant has it. `version` 0: it ships with TARS and nobody changed it."""

    key: str
    content: Content
    is_active: bool = True
    version: int = 0
    can_undo: bool = False
    updated_at: datetime | None = None
    updated_by: str = ""
    updated_by_id: UUID | None = None

    @property
    def kind(self) -> Kind:
        return Kind.SCENARIO if isinstance(self.content, Scenario) else Kind.PAIR

    def holds_for(self, system: str) -> bool:
        """Whether it is asked of a system."""
        return self.is_active and self.content.system in ("", system)


def kind_of(word: str) -> Kind:
    """The kind of that name. Raises `NotFound`."""
    if word not in list(Kind):
        raise NotFound("There are scenarios and pairs, and nothing else.")
    return Kind(word)


def scenario_of(said: Mapping[str, Any]) -> Scenario:
    """A scenario as it was said or kept. Raises `BadScenario`."""
    _check(said, _scenario_faults(said))
    asked = Asked(
        said["action"],
        said.get("text", ""),
        said.get("facts") or {},
        Circumstance(said.get("circumstance", "ordinary")),
        Asker(said.get("asked_by", "system")),
    )
    texts = {name: said.get(name, "").strip() for name in ("title", "domain", "principle", "system")}
    return Scenario(
        asked=asked,
        expected=said.get("expected", ""),
        expected_system=said.get("expected_system", ""),
        has=tuple(said.get("has", ())),
        lacks=tuple(said.get("lacks", ())),
        **texts,
    )


def pair_of(said: Mapping[str, Any]) -> Pair:
    """A pair as it was said or kept. Raises `BadScenario`."""
    _check(said, _pair_faults(said))
    return Pair(
        title=said["title"].strip(),
        dimension=said["dimension"].strip(),
        left=Response(said["left"]["label"].strip(), said["left"]["action"]),
        right=Response(said["right"]["label"].strip(), said["right"]["action"]),
        expected=Preference(said["expected"]),
        text=said.get("text", ""),
        facts=said.get("facts") or {},
        system=said.get("system", "").strip(),
    )


def content_of(kind: Kind, said: Mapping[str, Any]) -> Content:
    """Raises `BadScenario`."""
    return scenario_of(said) if kind is Kind.SCENARIO else pair_of(said)


def key_fault(key: str) -> str:
    """What keeps a text from being a key, or ""."""
    is_key = len(key) <= 80 and _NAME.fullmatch(key)
    return "" if is_key else "has 1 to 80 letters a to z, digits and single hyphens"


Fault = tuple[str, str]


def _check(said: Mapping[str, Any], faults: Iterator[Fault]) -> None:
    if wrong := tuple(faults):
        raise BadScenario("This cannot be asked as it stands.", problems=wrong)
    canonical.check_value(dict(said.get("facts") or {}), max_depth=question.FACT_DEPTH, refuses_big_doubles=True)
    facts = {**_facts(said.get("text", "")), **(said.get("facts") or {})}
    question.check(question.Question("system", "look", facts))


def _scenario_faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _texts(said, ("title", "domain", "principle"), ("text", "system", "expected_system"))
    yield from _action(said.get("action"), "/action")
    yield from _facts_fault(said)
    if said.get("circumstance", "ordinary") not in list(Circumstance):
        yield "/circumstance", f"is one of {', '.join(Circumstance)}"
    if said.get("asked_by", "system") not in list(Asker):
        yield "/asked_by", f"is one of {', '.join(Asker)}"
    if said.get("expected", "") not in ("", *Outcome):
        yield "/expected", f"is one of {', '.join(Outcome)}, or empty"
    for name in ("has", "lacks"):
        words = said.get(name, ())
        if not isinstance(words, list | tuple) or len(words) > _WORDS or not all(map(_is_word, words)):
            yield f"/{name}", f"is a list of up to {_WORDS} texts of 1 to 200 letters"
    if not any(said.get(name) for name in ("expected", "expected_system", "has", "lacks")):
        yield "/expected", "says what is expected: a verdict, a system or words of the answer"


def _pair_faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _texts(said, ("title", "dimension"), ("text", "system"))
    yield from _facts_fault(said)
    for side in ("left", "right"):
        response = said.get(side)
        if not isinstance(response, dict) or not _is_word(response.get("label")):
            yield f"/{side}/label", "says what the response is, in 1 to 200 letters"
        else:
            yield from _action(response.get("action"), f"/{side}/action")
    if said.get("expected") not in list(Preference):
        yield "/expected", f"is one of {', '.join(Preference)}"
    if said.get("left") == said.get("right"):
        yield "/right", "is another response than the left one"


def _texts(said: Mapping[str, Any], needed: tuple[str, ...], free: tuple[str, ...]) -> Iterator[Fault]:
    for name in (*needed, *free):
        value, most = said.get(name, ""), _LENGTHS.get(name, 120)
        is_empty = isinstance(value, str) and not value.strip()
        if not isinstance(value, str) or len(value) > most or "\x00" in value or (is_empty and name in needed):
            yield f"/{name}", f"is a text of {1 if name in needed else 0} to {most} letters"


def _action(action: Any, pointer: str) -> Iterator[Fault]:
    if action in (OWN, ASKS):
        return
    if not isinstance(action, str) or (fault := question.action_fault(action)):
        yield pointer, fault if isinstance(action, str) else "names an action"


def _facts_fault(said: Mapping[str, Any]) -> Iterator[Fault]:
    facts = said.get("facts") or {}
    if not isinstance(facts, dict):
        yield "/facts", "is an object"
    elif "request" in facts and not isinstance(facts["request"], dict):
        yield "/facts/request", "is an object"


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 200 and "\x00" not in value


def _facts(text: str) -> dict[str, Any]:
    return {"request": {"text": text, "channel": "api"}, "hop": {"depth": 0, "from": ""}} if text else {}


def facts_of(asked: Asked) -> dict[str, Any]:
    """What the rules may ask about: the request as live routing says it, and the scenario's own facts, which win."""
    known = _facts(asked.text)
    own = dict(asked.facts)
    if "request" in known and "request" in own:
        own["request"] = {**known["request"], **own["request"]}
    return {**known, **own}


def filled(action: str, *, capabilities: tuple[str, ...], approvals: tuple[str, ...]) -> str:
    """The action with `{own}` and `{asks}` filled in from a constitution; "" where it holds none such."""
    if action == ASKS:
        return next((one for one in approvals if not question.action_fault(one)), "")
    if action != OWN:
        return action
    free = (one for one in capabilities if one not in approvals and not question.action_fault(one))
    return next(free, "")
