"""Laws made ready to be tried side by side: rules, systems, verdicts, prices and constitutions as they stand at one moment.

Where a request goes under a law, and what the rules say to it, follows from nothing else, so it is found once and kept. What
changes from one call to the next (a stop, a connector, its tools and secrets) is `looking`'s.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import Any, Final
from uuid import UUID

import numpy as np

from billing.budgets.kinds import USD
from billing.budgets.predicting import predicted
from billing.budgets.prices import Priced, in_force
from billing.budgets.queries import prices
from governance import canonical, sql
from governance.canonical import JSON
from governance.errors import NotFound
from governance.rulebook import answers
from governance.rulebook.gather import Gathered, gathered_all
from governance.rulebook.question import Question, action_fault
from governance.scope import Scope
from routing.connectors.contract import Law
from routing.connectors.models import Connector
from routing.embeddings.embedder import Embedder, Vectors
from routing.executions.asker import actor_of
from routing.rehearsal import planning
from routing.rehearsal.aside import only_reading
from routing.rehearsal.planning import Judged, Plan
from routing.rehearsal.shapes import Recorded
from routing.router.ranking import Candidate
from routing.router.serving import embedder_of
from routing.whatif import scoring, sides
from routing.whatif.cases import Case, Past
from routing.whatif.changed import Changed
from routing.whatif.scoring import Side

CHUNK: Final = 200
"""Requests that are embedded and judged at once."""
_LAW: Final = """
SELECT s.constitution, s.constitution_version, coalesce(v.digest, '') FROM systems s
LEFT JOIN system_versions v ON v.tenant_id = s.tenant_id AND v.system_id = s.id AND v.number = s.constitution_version
WHERE s.tenant_id = %s AND s.id = %s
"""
_NOT_THEN: Final = Past(is_success=False, cost=None, stars=None, ms=None)
_NO_ID: Final = UUID(int=0)
Asked = tuple[Question, Recorded | None]


@dataclass(frozen=True)
class Bench:
    """One side: the router's law, the constitutions that are asked instead of those in force, and what was found under them."""

    name: str
    side: Side
    documents: Mapping[str, Mapping[str, JSON]]
    plans: dict[str, Plan] = field(default_factory=dict)
    gathered: dict[tuple[str, str], Gathered] = field(default_factory=dict)
    forbidden: dict[tuple[str, str], bool] = field(default_factory=dict)
    laws: dict[UUID, Law] = field(default_factory=dict)


@dataclass
class Stage:
    """What `rehearse` needs; threads may share it. The sides differ in the constitution of `system`."""

    scope: Scope
    system: str
    at: datetime
    embedder: Embedder
    benches: Mapping[str, Bench]
    prices: Mapping[tuple[str, str], Decimal]
    _vectors: dict[str, Vectors] = field(default_factory=dict)
    _costs: dict[UUID, float | None] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    @property
    def laws(self) -> Mapping[str, Side]:
        """By side, whom it would choose and how."""
        return {name: one.side for name, one in self.benches.items()}

    def bench(self, side: str) -> Bench:
        """Raises `NotFound` for a side that was not staged."""
        if side not in self.benches:
            raise NotFound(f"No side called {side} was staged.")
        return self.benches[side]

    def prepare(self, recordeds: Sequence[Recorded], *, names: Collection[str] = ()) -> None:
        """Find ahead where requests go under these sides (all without names): a few statements, however many there are."""
        with self._lock:
            for name in names or self.benches:
                bench = self.bench(name)
                missing = [one for one in recordeds if one.key not in bench.plans]
                for start in range(0, len(missing), CHUNK):
                    self._plan(bench, missing[start : start + CHUNK])

    def plan(self, side: str, recorded: Recorded) -> Plan:
        """Where a request goes under a side. Raises `NotFound`."""
        found = self.bench(side).plans.get(recorded.key)
        if found is None:
            self.prepare([recorded], names=[side])
            found = self.bench(side).plans[recorded.key]
        return found

    def law(self, side: str, *, system_id: UUID, system: str) -> Law:
        """The constitution that an agent gets with its call."""
        bench = self.bench(side)
        with self._lock:
            if system_id not in bench.laws:
                bench.laws[system_id] = self._law(bench, system_id, system)
            return bench.laws[system_id]

    def forbids(self, side: str, *, system: str, action: str) -> bool:
        """Whether a rule forbids the action to the system, whatever the request."""
        bench, key = self.bench(side), (system, action)
        if action_fault(action):
            return False
        with self._lock:
            if key not in bench.forbidden:
                (said,) = self._judged(bench, [(Question(system, action), None)])
                bench.forbidden[key] = said.is_broken
            return bench.forbidden[key]

    def _plan(self, bench: Bench, recordeds: Sequence[Recorded]) -> None:
        placed = self._placed(bench, recordeds)
        reached = [(one, candidate) for one in recordeds for candidate in placed[one.key] if not candidate.vetoes]
        self._cost({candidate.system_id for _, candidate in reached})
        asked: list[Asked] = [(self._question(one, candidate), one) for one, candidate in reached]
        judged: dict[str, dict[UUID, Judged]] = {one.key: {} for one in recordeds}
        for (one, candidate), said in zip(reached, self._judged(bench, asked), strict=True):
            judged[one.key][candidate.system_id] = said
        for one in recordeds:
            bench.plans[one.key] = Plan(
                candidates=placed[one.key],
                judged=judged[one.key],
                law=bench.side.law,
                model=self.embedder.model,
                rules=planning.patterns(bench.side, placed[one.key]),
                fault=f"There is no system called {one.system}." if one.system and not placed[one.key] else "",
            )

    def _placed(self, bench: Bench, recordeds: Sequence[Recorded]) -> dict[str, tuple[Candidate, ...]]:
        side = bench.side
        found = {one.key: planning.named(side, one) for one in recordeds if one.system}
        free = [one for one in recordeds if not one.system]
        if free:
            cases, vectors = [_case(one) for one in free], np.stack(self._embedded(free))
            chosen = scoring.choices(side, cases=cases, vectors=vectors, model=self.embedder.model)
            for one, choice in zip(free, chosen, strict=True):
                found[one.key] = planning.candidates_of(side, one, choice)
        return found

    def _embedded(self, recordeds: Sequence[Recorded]) -> list[Vectors]:
        new = sorted({one.text for one in recordeds} - self._vectors.keys())
        if new:
            self._vectors |= dict(zip(new, self.embedder.embed(new), strict=True))
        return [self._vectors[one.text] for one in recordeds]

    def _question(self, one: Recorded, candidate: Candidate) -> Question:
        facts = planning.facts(one, self._costs[candidate.system_id])
        return Question(candidate.name, candidate.action, facts, one.session)

    def _judged(self, bench: Bench, asked: Sequence[Asked]) -> list[Judged]:
        """What the rules say to each question of its asker. What bears on a system is read once for the stage."""
        self._gather(bench, {(question.system, question.session) for question, _ in asked})
        places: dict[Any, list[int]] = {}
        for place, (_, one) in enumerate(asked):
            who = ("", None, None) if one is None else (one.requested_by, one.user_id, one.accountable_id)
            places.setdefault(who, []).append(place)
        found: dict[int, Judged] = {}
        for (name, user_id, accountable_id), mine in places.items():
            actor = actor_of(name=name, user_id=user_id, accountable_id=accountable_id)
            said = answers.answered(
                scope=replace(self.scope, actor=actor),
                questions=[asked[place][0] for place in mine],
                at=self.at,
                is_own=True,
                known=bench.gathered,
            )
            found |= {place: planning.judged_of(answer) for place, answer in zip(mine, said, strict=True)}
        return [found[place] for place in range(len(asked))]

    def _gather(self, bench: Bench, pairs: Iterable[tuple[str, str]]) -> None:
        if missing := [pair for pair in pairs if pair not in bench.gathered]:
            with only_reading(self.scope.tenant_id):
                found = gathered_all(scope=self.scope, wanted=missing, at=self.at, constitutions=bench.documents)
            bench.gathered.update(found)

    def _cost(self, system_ids: Collection[UUID]) -> None:
        """What a call will probably cost, else what it may cost at most: a live verdict is asked with that."""
        missing = [id for id in system_ids if id not in self._costs]
        if not missing:
            return
        with only_reading(self.scope.tenant_id):
            rows = Connector.objects.filter(tenant_id=self.scope.tenant_id, system_id__in=missing)
            most = dict(rows.values_list("system_id", "maximums"))
            for id in missing:
                known = predicted(scope=self.scope, system_id=id, at=self.at) or {}
                cost = known.get(USD, most.get(id, {}).get(USD))
                self._costs[id] = None if cost is None else float(cost)

    def _law(self, bench: Bench, system_id: UUID, system: str) -> Law:
        with only_reading(self.scope.tenant_id):
            ((document, version, digest),) = sql.rows(_LAW, [self.scope.tenant_id, system_id])
        instead = bench.documents.get(system)
        if instead is None:
            return Law(json.loads(document), str(version), digest)
        return Law(dict(instead), f"{version}+{bench.name}"[:100], canonical.digest(dict(instead)))


def staged(*, scope: Scope, system: str, documents: Mapping[str, Mapping[str, JSON] | None], at: datetime) -> Stage:
    """A side for each document, by name; None stands for the constitution that is in force. Reads the ground once, and embeds
    what a document changes of what the system can do. Outside any transaction.

    Raises `NotFound`, and `GiveUp` where there are more rules than fit into memory.
    """
    embedder = embedder_of(tenant_id=scope.tenant_id)
    with only_reading(scope.tenant_id):
        ground = sides.ground(scope=scope, model=embedder.model, changed=Changed(system, {}, "", ""))
        lines = prices(scope=scope, as_of=at)
    if all(one.name != system for one in ground.systems):
        raise NotFound(f"There is no system called {system}.")
    today = sides.today(ground, dimensions=embedder.dimensions)
    benches = {}
    for name, document in documents.items():
        if document is None:
            benches[name] = Bench(name, today, {})
            continue
        changed = Changed(system, document, "", "")
        side = sides.under_document(today, ground, changed=changed, embedder=embedder)
        benches[name] = Bench(name, side, {system: dict(document)})
    table = in_force((Priced(one.measure, one.model, one.usd, one.from_at) for one in lines), at=at)
    return Stage(scope, system, at, embedder, benches, table)


def _case(one: Recorded) -> Case:
    at = one.at.isoformat() if one.at else ""
    return Case(_NO_ID, at, "", None, {}, frozenset(), _NOT_THEN, one.text, one.channel)
