"""The plan before the night, as a document: everything that decides, and nothing that happens later. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dreams.mutate.candidate import Candidate, Origin
from dreams.mutate.choosing import Refused
from dreams.mutate.dials import Stuck
from dreams.verdict.observed import Part
from dreams.verdict.plan import Plan
from governance import canonical

FORM: Final = 1
STOPS: Final = (
    "A candidate stops as soon as its verdict is sure; the night stops at its deadline, when its budget is used, when an "
    "emergency stop is pressed, when drift holds the system, when its constitution moves, or when a person stops it."
)


@dataclass(frozen=True, slots=True)
class Writing:
    """Which model was asked for words, how many texts of it are tried at most, and the tokens that its service counted."""

    model: str
    texts: int
    tokens_in: int | None
    tokens_out: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """`requests`: keys of recorded executions by part. `base_version` and `base_digest` name the constitution that is tried
    against; `left_out` counts requests that could not be drawn, by reason. `writing` is None where no model was asked."""

    cycle_id: str
    system: str
    base_version: int
    base_digest: str
    plan: Plan
    candidates: tuple[Candidate, ...]
    requests: Mapping[Part, tuple[str, ...]]
    budget_usd: Decimal
    starts_at: datetime
    deadline_at: datetime
    refused: tuple[Refused, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    left_out: Mapping[str, int] | None = None
    writing: Writing | None = None

    @property
    def most_runs(self) -> int:
        """Runs if nobody stops early: each request on the normal side and under each candidate."""
        count = sum(len(keys) for keys in self.requests.values())
        return count * (1 + len(self.candidates))

    def part_of(self) -> dict[str, Part]:
        return {key: part for part, keys in self.requests.items() for key in keys}

    def in_order(self, *, is_held_out: bool) -> tuple[str, ...]:
        """The keys of one half in the seeded order of the plan."""
        keys = [key for part, keys in self.requests.items() if (part is Part.HELD_OUT) == is_held_out for key in keys]
        return tuple(sorted(keys, key=self.plan.rank))

    def as_json(self) -> dict[str, Any]:
        return {
            "form": FORM,
            "cycle_id": self.cycle_id,
            "system": self.system,
            "constitution": {"version": self.base_version, "digest": self.base_digest},
            "plan": self.plan.as_json(),
            "candidates": [_candidate(one) for one in self.candidates],
            "requests": {part.value: list(keys) for part, keys in self.requests.items()},
            "budget_usd": str(self.budget_usd),
            "starts_at": self.starts_at.isoformat(),
            "deadline_at": self.deadline_at.isoformat(),
            "stops": STOPS,
            "refused": [
                {"origin": one.origin.value, "changes": dict(one.changes), "why": one.why} for one in self.refused
            ],
            "stuck": [{"pointer": one.pointer, "why": one.sentence} for one in self.stuck],
            "left_out": dict(self.left_out or {}),
            **({"writing": asdict(self.writing)} if self.writing else {}),
        }

    @property
    def stored(self) -> bytes:
        return canonical.canonical_bytes(self.as_json())

    @classmethod
    def of(cls, stored: bytes) -> Written:
        """What `stored` holds. Raises ValueError, KeyError or TypeError for anything else."""
        read: Any = canonical.loads_canonical(stored)
        return cls(
            cycle_id=read["cycle_id"],
            system=read["system"],
            base_version=read["constitution"]["version"],
            base_digest=read["constitution"]["digest"],
            plan=Plan.of_json(read["plan"]),
            candidates=tuple(_read(one) for one in read["candidates"]),
            requests={Part(name): tuple(keys) for name, keys in read["requests"].items()},
            budget_usd=Decimal(read["budget_usd"]),
            starts_at=datetime.fromisoformat(read["starts_at"]),
            deadline_at=datetime.fromisoformat(read["deadline_at"]),
            refused=tuple(Refused(Origin(one["origin"]), one["changes"], one["why"]) for one in read["refused"]),
            stuck=tuple(Stuck(one["pointer"], one["why"]) for one in read["stuck"]),
            left_out=read["left_out"],
            writing=Writing(**read["writing"]) if "writing" in read else None,
        )


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "origin": one.origin.value,
        "changes": dict(one.changes),
        "sentence": one.sentence,
        "seed": one.seed,
        "digest": one.digest,
        **({"written_by": one.written_by} if one.written_by else {}),
    }


def _read(stored: Mapping[str, Any]) -> Candidate:
    return Candidate(
        Origin(stored["origin"]),
        stored["changes"],
        stored["sentence"],
        stored["seed"],
        written_by=stored.get("written_by", ""),
    )
