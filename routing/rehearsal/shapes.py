"""A recorded request, and what came of asking it again in dream mode. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from governance.canonical import JSON

Status = Literal["completed", "partial", "failed", "governance_blocked", "refused"]
HopOutcome = Literal["answered", "failed", "denied", "refused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came. `key`: its execution's id, or `scenario/<id>`; `action` and `system`: wanted by the asker, "" where
    they were left to TARS; `kind`: the action that was done, for grouping; `was`: what happened then. Who asked
    (`requested_by` and the ids) counts for the rules; "" is TARS itself."""

    key: str
    text: str
    input: JSON = None
    action: str = ""
    system: str = ""
    channel: str = ""
    session: str = ""
    kind: str = ""
    stars: int | None = None
    at: datetime | None = None
    was: Mapping[str, Any] = field(default_factory=dict)
    requested_by: str = ""
    user_id: UUID | None = None
    accountable_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One system that was asked, or could not be. `waited_ms`: the delay before it, which nobody slept."""

    system: str
    action: str
    tool: str
    outcome: HopOutcome
    ms: int = 0
    waited_ms: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one law made of one request. `refused`: the dream may not make this call, or its own time was over, so there is no
    outcome. `verdict`: what the rules said of who was asked last, "" where they were not asked. `is_violation`: rules forbade it,
    or the agent tells that it used what they forbid. `duration_ms`: the calls as measured and the waits between them; `cost_usd`
    None where nobody can say; `text`: the words of the answer; `is_simulated`: an agent was called that only simulates."""

    status: Status
    system: str = ""
    action: str = ""
    confidence: float | None = None
    verdict: str = "permit"
    verdict_sentence: str = ""
    is_violation: bool = False
    duration_ms: int = 0
    cost_usd: Decimal | None = None
    usage: Mapping[str, Decimal] = field(default_factory=dict)
    output: JSON = None
    output_digest: str = ""
    text: str = ""
    hops: tuple[Hop, ...] = ()
    why: str = ""
    is_simulated: bool = False

    def as_json(self) -> dict[str, Any]:
        """JSON; `of_json` reads it back."""
        found = asdict(self)
        found["cost_usd"] = None if self.cost_usd is None else str(self.cost_usd)
        found["usage"] = {name: str(amount) for name, amount in self.usage.items()}
        found["hops"] = [asdict(one) for one in self.hops]
        return found

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Ran:
        """What `as_json` wrote, whatever else stands beside it. Raises KeyError or TypeError for anything else."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        known["cost_usd"] = None if stored.get("cost_usd") is None else Decimal(stored["cost_usd"])
        known["usage"] = {name: Decimal(amount) for name, amount in stored.get("usage", {}).items()}
        known["hops"] = tuple(Hop(**one) for one in stored.get("hops", ()))
        return cls(**known)
