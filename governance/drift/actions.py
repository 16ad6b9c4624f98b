"""The verbs of people: order a stricter state, acknowledge, validate, override, arm again, take a new baseline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from governance.drift import machine
from governance.drift.machine import Acknowledged, Checked, Overridden, State
from governance.drift.metrics import METRICS
from governance.drift.models import DriftMetric, DriftState, DriftWord
from governance.drift.moving import arm, keep, locked, standing_of, walk
from governance.drift.validating import Elicited, elicited, validated
from governance.errors import DomainError, Invalid
from governance.identity.queries import able
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import Cause, System, SystemVersion
from governance.registry.queries import system as system_called
from governance.scope import Capability, Scope
from governance.tenants.actions import ReasonMissing

LONGEST: Final = 1_000
SCENARIOS: Final = 20
CONSISTENT: Final = 0.95
"""More than this share of the scenarios has to be answered as expected (seeds/002 3.2, exit of RECOVERY)."""
FRESH_FOR: Final = timedelta(hours=24)
"""A run says nothing about a system any more after this."""


class SameState(DomainError):
    """The system is in that state already."""

    code = "same_drift_state"


class NoSuchState(Invalid):
    """The word is none of the drift machine's states."""

    code = "no_such_drift_state"


class LooserByHand(DomainError):
    """By hand a system only comes into a stricter state; every way to more trust has its own verb and evidence."""

    code = "looser_by_hand"


class WrongState(DomainError):
    """The verb leads out of another state than the system is in."""

    code = "wrong_drift_state"


class NotValid(DomainError):
    """The constitution in force does not validate."""

    code = "constitution_not_valid"
    status = 422


class NoAmendment(DomainError):
    """No amendment was applied since the system became degraded."""

    code = "no_amendment_since"


class TooFewScenarios(DomainError):
    """The run asked fewer scenarios than a validation takes."""

    code = "too_few_scenarios"


class StaleRun(DomainError):
    """The run is too old, was made before the system came into RECOVERY, or what it stood on was changed."""

    code = "stale_run"


class SecondPerson(DomainError):
    """Who acknowledged the hold, or changed what is expected since, is not who lets the system act again."""

    code = "second_person"


class NoSuchMetric(Invalid):
    """The word is none of the metrics, or nothing was measured by it yet."""

    code = "no_such_metric"


@governed("drift.set_state", subject="system_name")
def set_state(*, scope: Scope, system_name: str, state: str, reason: str, at: datetime) -> DriftState:
    """Put a system into a stricter drift state by hand, with a reason.

    Raises `NotAllowed`, `NotFound`, `NoSuchState`, `ReasonMissing`, `SameState`, `LooserByHand`.
    """
    scope.demand(Capability.SET_DRIFT, to="set a drift state")
    if state not in DriftWord.values:
        raise NoSuchState(f"A drift state is {', '.join(DriftWord.values)}.", problems=(("/state", "is none of them"),))
    said = _said(reason)
    system, row = _row(scope, system_name, at)
    if row.state == state:
        raise SameState(f"{system.name} is in {state} already, since {row.since:%d %B %Y, %H:%M} UTC.")
    if not machine.may_order(State(row.state), State(state)):
        raise LooserByHand(
            f"{system.name} is in {row.state}; by hand it only comes into a stricter state. {_OUT[row.state]}"
        )
    after = machine.ordered(standing_of(row), State(state), at, reason=said)
    keep(row, system, after, scope=scope, at=at, name="drift.set_state")
    return row


@governed("drift.acknowledge", subject="system_name")
def acknowledge(*, scope: Scope, system_name: str, reason: str, at: datetime) -> DriftState:
    """Say that a person has looked at a HOLD; with the constitution validated again it goes into RECOVERY.

    After 72 hours it is too late, and the row that is returned says DEGRADED. Raises `NotAllowed`, `NotFound`, `ReasonMissing`,
    `WrongState`, `NotValid`.
    """
    by, said = _person(scope, "acknowledge a hold"), _said(reason)
    system, row = _row(scope, system_name, at)
    _demand(row, system, State.HOLD, "acknowledged")
    evidence = {**_valid(system), "acknowledged_by": str(scope.person_id), "held_since": row.since.isoformat()}
    walk(row, system, Acknowledged(by, evidence), scope=scope, at=at, name="drift.acknowledge", said=said)
    return row


@governed("drift.validate", subject="system_name")
def validate(*, scope: Scope, system_name: str, run: UUID, reason: str, at: datetime) -> DriftState:
    """Name a run of the canonical scenarios: one that passed leads to NORMAL, one that did not to DEGRADED.

    The run was made by the worker since the system came into RECOVERY, in the last 24 hours, on what is in force. One that passed
    is named by somebody who neither acknowledged the hold nor changed what is expected since it began, where there is such a
    person.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `WrongState`, `TooFewScenarios`, `StaleRun`, `SecondPerson`.
    """
    by, said = _person(scope, "validate a system"), _said(reason)
    system, row = _row(scope, system_name, at)
    _demand(row, system, State.RECOVERY, "validated")
    found = elicited(scope=scope, system=system, run=run, since=_held_since(row), at=at)
    _demand_usable(row, system, found, at)
    if found.is_consistent:
        _demand_second(scope, row, found)
    share = found.as_expected / found.asked
    evidence = {
        "asked": found.asked,
        "as_expected": found.as_expected,
        "consistency": round(share, 4),
        "above": CONSISTENT,
        **found.evidence,
    }
    is_consistent = found.is_consistent and share > CONSISTENT
    walk(row, system, Checked(is_consistent, by, evidence), scope=scope, at=at, name="drift.validate", said=said)
    return row


@governed("drift.override", subject="system_name")
def override(*, scope: Scope, system_name: str, reason: str, at: datetime) -> DriftState:
    """Take a system out of DEGRADED, once an amendment was applied since and its constitution validates.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `WrongState`, `NoAmendment`, `NotValid`.
    """
    by, said = _person(scope, "override a degraded state"), _said(reason)
    system, row = _row(scope, system_name, at)
    _demand(row, system, State.DEGRADED, "overridden")
    since = SystemVersion.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, cause=Cause.AMENDMENT)
    version = since.filter(at__gt=row.since).order_by("-number").first()
    if version is None:
        raise NoAmendment(
            f"{system.name} became degraded, and no amendment was applied since. Propose one, then override."
        )
    event = Overridden(by, f"version {version.number}", {**_valid(system), "amendment_id": str(version.amendment_id)})
    walk(row, system, event, scope=scope, at=at, name="drift.override", said=said)
    return row


@governed("drift.rearm", subject="system_name")
def rearm(*, scope: Scope, system_name: str, metric: str = "", reason: str, at: datetime) -> int:
    """Arm the detectors again, or one metric's: they forget what they saw and compare what comes with the same baseline.

    Returns how many. Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `NoSuchMetric`.
    """
    return _armed(scope, system_name, metric, reason, at, anew=False)


@governed("drift.reset_baseline", subject="system_name")
def reset_baseline(*, scope: Scope, system_name: str, metric: str = "", reason: str, at: datetime) -> int:
    """Take what comes from now on as the baseline, of all metrics or of one. Returns how many.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `NoSuchMetric`.
    """
    return _armed(scope, system_name, metric, reason, at, anew=True)


_OUT: Final = {
    "NORMAL": "",
    "MONITOR": "It becomes NORMAL when its score stays low for 24 hours; a new baseline helps where the change is right.",
    "HOLD": "Acknowledge the hold.",
    "RECOVERY": "Validate it.",
    "DEGRADED": "Apply an amendment of its constitution, then override.",
}


def _armed(scope: Scope, system_name: str, metric: str, reason: str, at: datetime, *, anew: bool) -> int:
    what = "take a new baseline" if anew else "arm detectors again"
    scope.demand(Capability.SET_DRIFT, to=what)
    said = _said(reason)
    system, _ = _row(scope, system_name, at)
    rows = DriftMetric.objects.filter(tenant_id=scope.tenant_id, system_id=system.id)
    if metric and (metric not in METRICS or not rows.filter(name=metric).exists()):
        raise NoSuchMetric(
            f"Nothing was measured of {system.name} as {metric[:40]}.", problems=(("/metric", "is not measured"),)
        )
    count = arm(tenant_id=scope.tenant_id, system_id=system.id, anew=anew, at=at, metric=metric)
    name = "drift.reset_baseline" if anew else "drift.rearm"
    done = "took a new baseline for" if anew else "armed again"
    which = METRICS[metric].label.lower() if metric else "all metrics"
    ledger.append(
        scope=scope,
        at=at,
        event_type="drift_detection",
        action={"name": name, "subject": system.name, "metric": metric, "metrics": count, "reason": said},
        explanation=f"{scope.actor.name} {done} {which} of {system.name}: {said}",
        rules_applied=["drift.by_hand"],
    )
    return count


def _person(scope: Scope, to: str) -> str:
    """The name of the person who acts; raises `NotAllowed` for who may not, for a system and for TARS."""
    scope.demand(Capability.SET_DRIFT, to=to)
    return scope.actor.name if scope.person_id else ""


def _row(scope: Scope, name: str, at: datetime) -> tuple[System, DriftState]:
    system = system_called(scope=scope, name=name)
    return system, locked(scope=scope, system=system, at=at)


def _demand(row: DriftState, system: System, state: State, done: str) -> None:
    if row.state != state.value:
        raise WrongState(f"{system.name} is in {row.state}; only {state.value} can be {done}.")


def _demand_usable(row: DriftState, system: System, found: Elicited, at: datetime) -> None:
    if found.asked < SCENARIOS:
        asked = f"The run asked {found.asked} scenarios of {system.name}; it takes {SCENARIOS} or more."
        raise TooFewScenarios(f"{asked} Write scenarios of its own, and ask again.")
    stale = found.stale
    if found.at < row.since:
        stale = f"The run was made before {system.name} came into RECOVERY."
    elif at - found.at > FRESH_FOR:
        stale = f"The run is older than {int(FRESH_FOR.total_seconds() // 3600)} hours."
    if stale:
        raise StaleRun(f"{stale} Ask the scenarios again.")


def _held_since(row: DriftState) -> datetime:
    """When the hold began that was acknowledged; of one acknowledged before that was kept, when it was."""
    said = row.evidence.get("held_since")
    return datetime.fromisoformat(said) if said else row.since


def _demand_second(scope: Scope, row: DriftState, found: Elicited) -> None:
    """Whoever had a hand in it lets somebody else say so, where there is somebody else who may."""
    acknowledged = str(row.evidence.get("acknowledged_by", ""))
    mine = scope.person_id
    is_own = str(mine) == acknowledged or (not acknowledged and row.changed_by == scope.actor.name)
    if not is_own and mine not in found.hands:
        return
    others = (
        {one for one in able(scope=scope, to=Capability.SET_DRIFT) if str(one) != acknowledged} - found.hands - {mine}
    )
    if others:
        did = "You acknowledged this hold" if is_own else "You changed what is expected since this hold began"
        many = "the other person who may" if len(others) == 1 else f"one of the {len(others)} others who may"
        raise SecondPerson(f"{did}, so somebody else says that it may act again: ask {many}.")


def _valid(system: System) -> dict[str, Any]:
    evidence, wrong = validated(system)
    if wrong:
        found = tuple(("/constitution", sentence) for sentence in wrong[:20])
        raise NotValid(f"The constitution of {system.name} does not validate. Amend it first.", problems=found)
    return evidence


def _said(reason: str) -> str:
    said = reason.strip()
    if not said or len(said) > LONGEST:
        sentence = "Say why: the reason stands on the ledger and on the system's page."
        raise ReasonMissing(sentence, problems=(("/reason", f"is missing or longer than {LONGEST} characters"),))
    return said
