"""What a LegalRuleML document says about its statements: sources, authorities, times, strengths, choices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from governance.lawbook.legalruleml.tree import Node, bare, local, parts
from governance.lawbook.translation import moment_of
from governance.policy.rules import Strength

STRENGTHS: Final = {
    "StrictStrength": Strength.STRICT,
    "DefeasibleStrength": Strength.DEFEASIBLE,
    "Defeater": Strength.DEFEATER,
}
_STATUSES: Final = frozenset({"inforce", "efficacious", "efficacy", "applicable", "applicability", "enforceable"})
_STARTS: Final = frozenset({"starts", "start", "begins", "begin"})
_ENDS: Final = frozenset({"ends", "end", "stops", "expires"})
_TARGETS: Final = frozenset({"toTarget", "inScope"})


@dataclass(slots=True)
class About:
    """What is said about one target."""

    sources: list[str] = field(default_factory=list)
    authorities: list[str] = field(default_factory=list)
    jurisdictions: list[str] = field(default_factory=list)
    strength: Strength | None = None
    starts: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Metadata:
    """By target key: what is said about it; `chosen` and `alternatives` are keys of renderings."""

    about: dict[str, About] = field(default_factory=dict)
    alternatives: list[tuple[Node, frozenset[str]]] = field(default_factory=list)
    chosen: set[str] = field(default_factory=set)

    def of(self, keys: list[str]) -> About:
        """Everything said about any of these keys, as one."""
        found = [self.about[key] for key in keys if key in self.about]
        return About(
            sources=list(dict.fromkeys(text for one in found for text in one.sources)),
            authorities=list(dict.fromkeys(text for one in found for text in one.authorities)),
            jurisdictions=list(dict.fromkeys(text for one in found for text in one.jurisdictions)),
            strength=next((one.strength for one in found if one.strength), None),
            starts=[moment for one in found for moment in one.starts],
            ends=[moment for one in found for moment in one.ends],
            untranslated=list(dict.fromkeys(text for one in found for text in one.untranslated)),
        )


def read(root: Node, keyed: Mapping[str, Node]) -> Metadata:
    """Associations and contexts, wherever they stand."""
    found = Metadata()
    for node in root.walk():
        if node.tag in ("Association", "Context"):
            targets = [bare(part.attributes.get("keyref", "")) for part in parts(node) if part.tag in _TARGETS]
            said = _said(node, keyed)
            for target in targets:
                _merge(found.about.setdefault(target, About()), said)
            if any(part.tag == "appliesAlternatives" for part in parts(node)):
                found.chosen.update(targets)
        elif node.tag == "Alternatives":
            found.alternatives.append(
                (node, frozenset(one.keyref for one in parts(node) if one.tag == "hasAlternative"))
            )
    return found


def _said(node: Node, keyed: Mapping[str, Node]) -> About:
    said = About()
    for edge in parts(node):
        if not edge.tag.startswith("applies") or edge.tag in (
            "appliesAlternatives",
            "appliesAssociations",
            "appliesAssociation",
        ):
            continue
        for thing in _applied(edge, keyed):
            _apply(said, thing, keyed)
        if edge.keyref and edge.keyref not in keyed:
            said.untranslated.append(f"{edge.tag} #{edge.keyref} leads nowhere (line {edge.line})")
    return said


def _applied(edge: Node, keyed: Mapping[str, Node]) -> Iterator[Node]:
    """What an edge names or holds; a collection is its members."""
    for thing in [keyed[edge.keyref]] if edge.keyref in keyed else list(parts(edge)):
        members = list(parts(thing)) if thing.tag.endswith("s") and thing.tag not in ("InForceStatus",) else []
        yield from members or [thing]


def _apply(said: About, thing: Node, keyed: Mapping[str, Node]) -> None:
    if thing.tag in ("LegalReference", "LegalSource", "Reference", "Source"):
        said.sources.append(_citation(thing))
    elif thing.tag == "Authority":
        said.authorities.append(_named(thing))
    elif thing.tag == "Jurisdiction":
        said.jurisdictions.append(_named(thing))
    elif thing.tag in STRENGTHS:
        said.strength = STRENGTHS[thing.tag]
    elif thing.tag == "TemporalCharacteristic":
        _apply_time(said, thing, keyed)
    else:
        said.untranslated.append(
            f"{thing.tag} {thing.key or ''} has no counterpart in rules (line {thing.line})".replace("  ", " ")
        )


def _apply_time(said: About, thing: Node, keyed: Mapping[str, Node]) -> None:
    words = {part.tag: local(part.attributes.get("iri", "")).lower() for part in parts(thing)}
    status, development = words.get("forStatus", ""), words.get("hasStatusDevelopment", "")
    where = f"the time {thing.key} (line {thing.line})"
    moment = _moment(thing, keyed)
    if status and status not in _STATUSES:
        said.untranslated.append(f"{where} is about the status {status}")
    elif moment is None:
        said.untranslated.append(f"{where} names no date or moment that can be read")
    elif development in _STARTS:
        said.starts.append(moment)
    elif development in _ENDS:
        said.ends.append(moment)
    else:
        said.untranslated.append(f"{where} says neither that the status starts nor that it ends")


def _moment(thing: Node, keyed: Mapping[str, Node]) -> datetime | None:
    edge = next((part for part in parts(thing) if part.tag == "atTime"), None)
    if edge is None:
        return None
    time = keyed.get(edge.keyref) or next(iter(edge.of("Time")), None)
    if time is not None and time.keyref in keyed:
        time = keyed[time.keyref]
    data = next(iter(time.of("Data")), None) if time else None
    try:
        return datetime.fromisoformat(moment_of(data.text)) if data else None
    except (ValueError, OverflowError):
        return None


def moment_of_creation(root: Node, keyed: Mapping[str, Node]) -> str:
    """When the document says it was made, as RFC 3339; "" if it does not."""
    time = keyed.get(bare(root.attributes.get("hasCreationDate", "")))
    data = next(iter(time.of("Data")), None) if time else None
    try:
        return moment_of(data.text) if data else ""
    except (ValueError, OverflowError):
        return ""


def _citation(thing: Node) -> str:
    said = thing.attributes
    text = said.get("refID") or said.get("sameAs") or said.get("iri") or thing.key
    return " ".join("".join(char for char in text if char.isprintable()).split())[:200]


def _named(thing: Node) -> str:
    return thing.key or _citation(thing)


def _merge(into: About, said: About) -> None:
    into.sources += said.sources
    into.authorities += said.authorities
    into.jurisdictions += said.jurisdictions
    into.strength = into.strength or said.strength
    into.starts += said.starts
    into.ends += said.ends
    into.untranslated += said.untranslated
