"""What a change would have answered to questions that were asked: counts first, then examples. Pure.

The same questions are asked under the law in force and under the changed one, so that every difference comes of the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from governance.policy.verdict import Outcome, Verdict
from governance.rulebook.why import OUTCOMES

EXAMPLES: Final = 10
Unasked = Literal["no_system", "unreadable", "missing_facts"]
REASONS: Final[dict[Unasked, str]] = {
    "no_system": "their system is no longer there",
    "unreadable": "their question cannot be read back",
    "missing_facts": "the change asks for facts that nobody gave then",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One decision that would have been another."""

    verdict_id: str
    at: str
    system: str
    action: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Kind:
    """Decisions that would have gone from one outcome to another."""

    before: str
    after: str
    count: int
    examples: tuple[Example, ...]

    @property
    def label(self) -> str:
        return f"{OUTCOMES[Outcome(self.before)][0]} → {OUTCOMES[Outcome(self.after)][0].lower()}"

    @property
    def tone(self) -> str:
        return OUTCOMES[Outcome(self.after)][1]

    @property
    def mark(self) -> str:
        return OUTCOMES[Outcome(self.after)][2]


@dataclass
class Replay:
    """A replay under way or done. `counts` are by outcome before and after; `unasked` says why some could not be asked again."""

    since: str
    until: str
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=dict)
    unasked: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)

    def add(self, *, before: Verdict, after: Verdict, asked: Mapping[str, Any]) -> None:
        """Count one question that was asked again. `asked` says id, at and system of the stored verdict."""
        if new := [name for name in after.missing_facts if name not in before.missing_facts]:
            self.skip("missing_facts")
            for name in new:
                self.wanted[name] = self.wanted.get(name, 0) + 1
            return
        kind = (before.outcome.value, after.outcome.value)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        found = self.examples.setdefault(kind, [])
        if kind[0] != kind[1] and len(found) < EXAMPLES:
            found.append(Example(asked["id"], asked["at"], asked["system"], after.action, after.sentence))

    def skip(self, reason: Unasked) -> None:
        """Count one question that could not be asked again."""
        self.unasked[reason] = self.unasked.get(reason, 0) + 1

    @property
    def replayed(self) -> int:
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        return self.replayed + sum(self.unasked.values())

    @property
    def stays(self) -> int:
        return sum(count for (before, after), count in self.counts.items() if before == after)

    @property
    def changes(self) -> int:
        return self.replayed - self.stays

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What would have changed, the most frequent first."""
        found = [
            Kind(before, after, count, tuple(self.examples.get((before, after), ())))
            for (before, after), count in self.counts.items()
            if before != after
        ]
        return tuple(sorted(found, key=lambda kind: (-kind.count, kind.before, kind.after)))

    @property
    def coverage(self) -> str:
        """Said before any count."""
        if not self.total:
            return "Nothing was decided in these 30 days, so a replay says nothing."
        said = f"{self.replayed:,} of {self.total:,} decisions could be asked again"
        rest = [f"{count:,} not, because {REASONS[reason]}" for reason, count in self._unasked()]  # type: ignore[index]
        wanted = f" ({', '.join(sorted(self.wanted)[:5])})" if self.wanted else ""
        return f"{'; '.join([said, *rest])}{wanted}."

    @property
    def sentence(self) -> str:
        """What would have been different, in one sentence."""
        if not self.replayed:
            return ""
        if not self.changes:
            return f"All {self.replayed:,} would have been answered as under the law in force."
        said = [f"{kind.count:,} {kind.label.lower()}" for kind in self.kinds]
        return f"Of {self.replayed:,} decisions {self.stays:,} stay; {', '.join(said)}."

    def as_json(self) -> dict[str, Any]:
        return {
            "since": self.since,
            "until": self.until,
            "total": self.total,
            "replayed": self.replayed,
            "stays": self.stays,
            "coverage": self.coverage,
            "sentence": self.sentence,
            "unasked": dict(self._unasked()),
            "wanted_facts": dict(sorted(self.wanted.items())),
            "counts": [
                {"before": before, "after": after, "count": count}
                for (before, after), count in sorted(self.counts.items())
            ],
            "examples": [
                {"before": before, "after": after, **example.as_json()}
                for (before, after), found in sorted(self.examples.items())
                for example in found
            ],
        }

    def _unasked(self) -> Iterator[tuple[str, int]]:
        return iter(sorted(self.unasked.items()))


def replay_of(data: Mapping[str, Any]) -> Replay:
    """Read back what `as_json` wrote."""
    return Replay(
        since=data["since"],
        until=data["until"],
        counts={(one["before"], one["after"]): one["count"] for one in data["counts"]},
        examples=_examples(data["examples"]),
        unasked=dict(data["unasked"]),
        wanted=dict(data["wanted_facts"]),
    )


def _examples(found: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], list[Example]]:
    kinds: dict[tuple[str, str], list[Example]] = {}
    for one in found:
        example = Example(**{name: one[name] for name in Example.__slots__})
        kinds.setdefault((one["before"], one["after"]), []).append(example)
    return kinds
