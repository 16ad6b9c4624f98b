"""Seeded histories: whatever people do in whatever order, the record stays whole.

A dozen here, a thousand with `TARS_PROOF=full` (`make proof`); the same code. A failing seed is the test's name.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import roll_back_preview
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.constitution.diff import Effect
from governance.errors import DomainError
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once, demand_whole

HISTORIES = 1000 if os.environ.get("TARS_PROOF") == "full" else 12
STEPS = 14
FIELDS: dict[str, tuple[Any, ...]] = {
    "fallback_delay_ms": (100, 200, 300, 400),
    "routing_confidence_threshold": (0.6, 0.65, 0.72, 0.8),
    "persona_id": ("a", "b", "c"),
    "requires_approval": (["audit"], ["upload_payroll_entries", "audit", "delete"], []),
    "capabilities": (["payroll"], ["payroll", "compliance", "pdf-processing", "voice-synthesis"]),
}


class History:
    """One tenant's desk and a seeded dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.cast = make.cast()
        self.at = make.AT
        self.numbers: list[int] = []
        self.told = 0
        self.people = [self.cast.ada, self.cast.bo, self.cast.cy, self.cast.sam, self.cast.tess, self.cast.uma]
        amendments.grant_authority(
            scope=self.cast.bo,
            systems=[],
            pointers={"/fallback_delay_ms": 200.0, "/routing_confidence_threshold": 0.1},
            max_per_week=2,
            expires_at=self.at + timedelta(days=365),
            reason="Small steps are safe.",
            at=self.at,
        )

    def run(self) -> None:
        for _ in range(STEPS):
            self.at += timedelta(hours=self.dice.choice([1, 1, 5, 30, 24 * 8]))
            moves = [self._move() for _ in range(self.dice.choice([1, 1, 1, 2]))]
            if len(moves) == 1:
                self._alone(moves[0])
            else:
                self.told += sum(one.refusal is not None for one in at_once(moves))

    def _alone(self, move: Callable[[], Any]) -> None:
        try:
            move()
        except DomainError:
            self.told += 1

    def _move(self) -> Callable[[], Any]:
        """What somebody wants to do now, prepared on what they see now."""
        if len(self.numbers) < 2 or self.dice.random() < 0.25:
            return self._propose()
        kinds = [*[self._approve] * 6, self._roll_back, self._roll_back, self._second, self._edit, self._rebase]
        kinds += [self._end, self._clock, self._quorum]
        return self.dice.choice(kinds)()

    def _number(self) -> int:
        """Mostly a recent one."""
        return self.dice.choice(self.numbers[-3:] if self.dice.random() < 0.7 else self.numbers)

    def _proposal(self, number: int) -> AmendmentProposal:
        with in_tenant(self.cast.tenant.id):
            return AmendmentProposal.objects.get(number=number)

    def _changed(self) -> dict[str, Any]:
        names = self.dice.sample(sorted(FIELDS), self.dice.choice([1, 1, 2]))
        fields = {name: self.dice.choice(FIELDS[name]) for name in names}
        return make.changed(make.constitution_of(self.cast.bo), **fields)

    def _propose(self) -> Callable[[], Any]:
        type = self.dice.choice(list(AmendmentType))
        by_tars = type is AmendmentType.DREAM_PROMOTION
        call = partial(
            amendments.propose,
            scope=self.cast.tars if by_tars else self.dice.choice(self.people),
            system_name=self.cast.system.name,
            type=type,
            basis=Basis.ORDINARY if by_tars else self.dice.choice([*[Basis.ORDINARY] * 4, *Basis]),
            constitution=self._changed(),
            evidence=make.EVIDENCE[type],
            is_draft=not by_tars and self.dice.random() < 0.1,
            effective_at=self.at + timedelta(days=3) if self.dice.random() < 0.15 else None,
            at=self.at,
        )

        def propose() -> None:
            self.numbers.append(call().number)

        return propose

    def _approve(self) -> Callable[[], Any]:
        scope, number = self.dice.choice(self.people), self._number()
        proposal = self._proposal(number)
        digest = make.digest_of(scope, proposal) if self.dice.random() < 0.95 else "sha256:" + "0" * 64
        verb = amendments.break_glass if self.dice.random() < 0.1 else amendments.approve
        return self._decision(verb, scope, number, digest, note="I say so, and it cannot wait.")

    def _end(self) -> Callable[[], Any]:
        scope, number = self.dice.choice(self.people), self._number()
        if self.dice.random() < 0.4:
            return partial(amendments.withdraw, scope=self.cast.bo, number=number, why="Not now.", at=self.at)
        verb = self.dice.choice([amendments.reject, amendments.request_changes])
        return self._decision(verb, scope, number, make.digest_of(scope, self._proposal(number)), note="No.")

    def _decision(
        self, verb: Callable[..., Any], scope: Scope, number: int, digest: str, **options: Any
    ) -> Callable[[], Any]:
        confirmation = make.confirmed(scope, at=self.at)
        return partial(
            verb, scope=scope, number=number, digest=digest, confirmation=confirmation, at=self.at, **options
        )

    def _edit(self) -> Callable[[], Any]:
        number = self._number()
        if self.dice.random() < 0.3:
            return partial(amendments.send, scope=self.cast.bo, number=number, at=self.at)
        proposal = self._proposal(number)
        scope = next((one for one in self.people if one.actor.user_id == proposal.proposer_id), self.cast.bo)
        return partial(
            amendments.revise,
            scope=scope,
            number=number,
            constitution=self._changed(),
            evidence=make.EVIDENCE[AmendmentType(proposal.amendment_type)],
            why="Another try.",
            at=self.at,
        )

    def _rebase(self) -> Callable[[], Any]:
        return partial(amendments.rebase, scope=self.dice.choice(self.people), number=self._number(), at=self.at)

    def _roll_back(self) -> Callable[[], Any]:
        scope, number = self.dice.choice(self.people), self._number()
        try:
            with in_tenant(self.cast.tenant.id):
                digest = roll_back_preview(scope=scope, number=number, at=self.at).digest
        except DomainError:
            digest = ""
        return self._decision(amendments.roll_back, scope, number, digest, reason="It made things worse.")

    def _second(self) -> Callable[[], Any]:
        scope, number = self.dice.choice(self.people), self._number()
        if self.dice.random() < 0.2:
            return partial(amendments.withdraw_roll_back, scope=scope, number=number, at=self.at)
        with in_tenant(self.cast.tenant.id):
            proposal = AmendmentProposal.objects.get(number=number)
            waiting = [
                row for amendment in proposal.amendment.all() for row in amendment.rollbacks.filter(state="waiting")
            ]
        digest = waiting[0].digest if waiting else ""
        return self._decision(amendments.approve_roll_back, scope, number, digest)

    def _clock(self) -> Callable[[], Any]:
        verb = self.dice.choice([amendments.apply_due, amendments.apply_due, amendments.expire_due])
        return partial(verb, scope=self.cast.tars, number=self._number(), at=self.at)

    def _quorum(self) -> Callable[[], Any]:
        return partial(
            amendments.set_quorum,
            scope=self.cast.tess,
            type=self.dice.choice(list(AmendmentType)),
            effect=self.dice.choice([None, *Effect]),
            role=self.dice.choice([Role.OPERATOR, Role.COMPLIANCE]),
            count=self.dice.choice([1, 2]),
            at=self.at,
        )


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_history__of_any_seed__stays_whole(seed: int) -> None:
    history = History(seed)
    history.run()
    demand_whole(history.cast.tenant.id)
    with in_tenant(history.cast.tenant.id):
        report = verify(stream(history.cast.tenant.id))
    assert report.is_verified, report.findings


def test_histories__are_alive() -> None:
    """A generator that only ever gets refused would prove nothing."""
    states: set[str] = set()
    told = 0
    for seed in range(3):
        history = History(seed)
        history.run()
        told += history.told
        with in_tenant(history.cast.tenant.id):
            states |= set(AmendmentProposal.objects.values_list("state", flat=True))
    assert {"applied", "rolled_back", "proposed"} <= states and told
