"""The verbs of people: order a stricter state, acknowledge, validate, override, arm again, take a new baseline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from governance.drift import machine
from governance.drift.machine import Acknowledged, Checked, Overridden, State
from governance.drift.metrics import METRICS
from governance.drift.models import DriftMetric, DriftState, DriftWord
from governance.drift.moving import arm, keep, locked, standing_of, walk
from governance.drift.validating import validated
from governance.errors import DomainError, Invalid
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


class TooFewScenarios(Invalid):
    """A validation takes the whole suite."""

    code = "too_few_scenarios"


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
    evidence = _valid(system)
    walk(row, system, Acknowledged(by, evidence), scope=scope, at=at, name="drift.acknowledge", said=said)
    return row


@governed("drift.validate", subject="system_name")
def validate(*, scope: Scope, system_name: str, asked: int, as_expected: int, reason: str, at: datetime) -> DriftState:
    """Say how many of the canonical scenarios were answered as expected: more than 95 % lead to NORMAL, fewer to DEGRADED.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `WrongState`, `TooFewScenarios`.
    """
    by, said = _person(scope, "validate a system"), _said(reason)
    if asked < SCENARIOS or not 0 <= as_expected <= asked or asked > 1_000_000:
        raise TooFewScenarios(f"Ask {SCENARIOS} scenarios or more, and say how many of them were answered as expected.")
    system, row = _row(scope, system_name, at)
    _demand(row, system, State.RECOVERY, "validated")
    share = as_expected / asked
    evidence = {"asked": asked, "as_expected": as_expected, "consistency": round(share, 4), "above": CONSISTENT}
    walk(row, system, Checked(share > CONSISTENT, by, evidence), scope=scope, at=at, name="drift.validate", said=said)
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
