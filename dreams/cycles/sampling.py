"""Which recorded requests a night tries, and how many it needs: the frozen set, a fresh sample, and the part the optimiser
never sees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dreams.cycles import regression
from dreams.cycles.choices import Aim
from dreams.cycles.models import Dream
from dreams.mutate.candidate import Origin
from dreams.stats.size import pairs_without_loss
from dreams.verdict.observed import Part
from dreams.verdict.plan import MARGINS, pairs_needed
from governance.errors import DomainError
from governance.registry.models import System
from governance.scope import Scope, tars_scope
from routing.rehearsal.reading import left_out, requests

SINCE: Final = timedelta(days=30)
MOST_PAIRS: Final = 200
"""Of each part."""
LEAST_PAIRS: Final = 20
"""Of each part, whatever the guardrails need in all."""
USUAL_SD: Final = 0.25
"""The spread of the primary's gain before any dummy has shown it."""
LEAST_SD: Final = 0.02
SPARE: Final = 1.1
"""How many more pairs are asked than the narrowest guardrail needs where nothing is lost: now and then something is."""


class NotDreamable(DomainError):
    """This system cannot be dreamed of now."""

    code = "not_dreamable"
    status = 409


@dataclass(frozen=True, slots=True)
class Sample:
    """Keys of recorded requests by part; `left_out` counts those that could not be drawn, by reason. `to_freeze`: those of the
    regression part that no night has frozen yet."""

    parts: Mapping[Part, tuple[str, ...]]
    left_out: Mapping[str, int]
    to_freeze: tuple[str, ...] = ()

    @property
    def held_out(self) -> int:
        return len(self.parts[Part.HELD_OUT])

    @property
    def seen(self) -> int:
        return sum(map(len, self.parts.values())) - self.held_out


def sampled(
    *, scope: Scope, system: System, is_router: bool, aim: Aim, alpha: float, seed: int, at: datetime
) -> Sample:
    """Draw a night's requests; the first night of a system freezes some. Raises `NotDreamable` where there are too few."""
    found = drawn(scope=scope, system=system, is_router=is_router, aim=aim, alpha=alpha, seed=seed, at=at)
    if found.to_freeze:
        tars = tars_scope(scope.tenant_id)
        regression.freeze_within(scope=tars, system_id=system.id, keys=found.to_freeze, at=at)
    return found


def drawn(*, scope: Scope, system: System, is_router: bool, aim: Aim, alpha: float, seed: int, at: datetime) -> Sample:
    """The same draw, and nothing is frozen. Raises `NotDreamable` where there are too few."""
    wanted = _wanted(scope, system, aim=aim, alpha=alpha)
    known: dict[str, Any] = {"scope": scope, "system": system, "is_router": is_router, "since": at - SINCE, "until": at}
    keys = [one.key for one in requests(**known, most=2 * max(wanted), seed=seed)]
    parts, to_freeze = _parts(scope, system, keys, wanted)
    found = Sample(parts, left_out(**known), to_freeze)
    least = least_in_all(aim, alpha=alpha)
    if min(found.seen, found.held_out) < LEAST_PAIRS or found.seen + found.held_out < least:
        raise NotDreamable(
            f"{system.name} has {found.seen + found.held_out} recorded requests of the last {SINCE.days} days that a dream may "
            f"repeat, and a night needs {least}: with fewer no guardrail can be shown to hold."
        )
    return found


def least_in_all(aim: Aim, *, alpha: float) -> int:
    """The fewest pairs of both parts with which anything may be promoted."""
    margins = [margin for metric, margin in MARGINS.items() if metric is not aim.primary]
    return max(2 * LEAST_PAIRS, math.ceil(SPARE * pairs_without_loss(min(margins), alpha=alpha)))


def _wanted(scope: Scope, system: System, *, aim: Aim, alpha: float) -> tuple[int, int]:
    """Pairs of the seen and the held-out part that the planned effect needs, at the spread that the last dummy showed."""
    last = Dream.objects.filter(tenant_id=scope.tenant_id, system=system, origin=Origin.DUMMY.value).exclude(verdict="")
    outcome: Mapping[str, Any] = last.order_by("-dreamed_at").values_list("outcome", flat=True).first() or {}
    sd = outcome.get("gain_sd") if outcome.get("primary") == aim.primary.value else None
    needed = pairs_needed(
        planned_effect=aim.planned_effect,
        sd=max(float(USUAL_SD if sd is None else sd), LEAST_SD),
        minimum_effect=aim.minimum_effect,
        alpha=alpha,
    )
    least = math.ceil(least_in_all(aim, alpha=alpha) / 2)
    seen, held_out = (min(max(one, least), MOST_PAIRS) for one in needed)
    return seen, held_out


def _parts(
    scope: Scope, system: System, keys: Sequence[str], wanted: tuple[int, int]
) -> tuple[dict[Part, tuple[str, ...]], tuple[str, ...]]:
    """Half of what there is for each part, where that is less than wanted; and what is to be frozen."""
    frozen = regression.keys_of(scope=scope, system_id=system.id)
    fresh, new = [key for key in keys if key not in set(frozen)], 0
    if not frozen and len(fresh) >= 2 * LEAST_PAIRS:
        new = min(regression.FIRST, len(fresh) // 4)
        frozen, fresh = fresh[:new], fresh[new:]
    to_freeze, frozen = tuple(frozen[:new]), frozen[: wanted[0]]
    held = min(wanted[1], (len(frozen) + len(fresh)) // 2, len(fresh))
    parts = {
        Part.REGRESSION: tuple(frozen),
        Part.FRESH: tuple(fresh[held:][: max(wanted[0] - len(frozen), 0)]),
        Part.HELD_OUT: tuple(fresh[:held]),
    }
    return parts, to_freeze
