"""The story's verbs about what is old: an agent of the time before the story, archiving, bringing back, holding."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from governance.errors import NotFound
from governance.registry import impact
from governance.registry.actions import change_status, register_system
from governance.registry.models import Status, System, SystemType
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.executions.past import Past, Rated, Told, play
from routing.executions.sealing import seal_receipts
from routing.lifecycle import ageing, checking, holds, moving, tasks
from tarsweb.demo.asked import Answering, ask_at
from tarsweb.demo.script import LONGEST_WORK, Step

if TYPE_CHECKING:
    from tarsweb.demo.play import Player


def register(player: Player, step: Step) -> None:
    """A system that was there before the story begins."""
    args = {**step.args, "type": SystemType(step.args["type"])}
    register_system(scope=player.scope(step.by), name=step.system, at=step.at, **args)


def retire(player: Player, step: Step) -> None:
    """The system gets nothing new, by somebody who has looked at what hangs on it."""
    scope = player.scope(step.by)
    with in_tenant(player.tenant_id):
        row = System.objects.get(tenant_id=player.tenant_id, name=step.system)
        seen = impact.of(scope=scope, system=row).digest
    status, reason = Status(step.args["status"]), step.args["reason"]
    change_status(scope=scope, system_name=step.system, status=status, reason=reason, seen=seen, at=step.at)


def long_ago(player: Player, step: Step) -> None:
    """What one system was asked in the `days` before the step, evenly."""
    if not player.world.size:
        return
    count, texts = step.args["count"], step.args["texts"]
    pause = timedelta(days=step.args["days"]) / count
    pasts = []
    for number in range(count):
        at = step.at - LONGEST_WORK - pause * (count - number)
        told = ask_at(player.world.work, at, key=player.world.key, text=texts[number % len(texts)])
        answering = Answering(player.world.work, random.Random(f"{step.key}/{number}"))
        by = player.scope(told.by)
        rated = None if told.stars is None else Rated(by.actor.name, told.stars, told.words, told.rates_after)
        pasts.append(
            Past(
                key=f"demo/{step.key}/{number}",
                by=by,
                text=told.text,
                at=at,
                agent=lambda *asked, answering=answering: Told(*answering(*asked)),
                input={"letter": f"L-{1000 + number}"},
                system=step.system,
                action=step.args["action"],
                rated=rated,
            )
        )
    play(scope=tars_scope(player.tenant_id), pasts=pasts, memory=player.memory, at=step.at)
    seal_receipts(scope=tars_scope(player.tenant_id), at=step.at)


def age(player: Player, step: Step) -> None:
    """One night: what nobody used gets colder, what nobody used for a year goes into a file, and the files are read back."""
    scope = tars_scope(player.tenant_id)
    ageing.age(scope=scope, at=step.at)
    while moving.archive(scope=scope, at=step.at) is not None:
        pass
    checking.check_oldest(scope=scope, since=step.at, at=step.at, most=tasks.STEP)


def restore(player: Player, step: Step) -> None:
    """The system's oldest archived execution comes back."""
    if player.world.size:
        moving.restore(scope=player.scope(step.by), execution_id=_archived(player, step), at=step.at)


def legal_hold(player: Player, step: Step) -> None:
    """The system's oldest archived execution is kept until somebody says otherwise."""
    if player.world.size:
        id, reason = _archived(player, step), step.args["reason"]
        holds.place(scope=player.scope(step.by), execution_id=id, reason=reason, at=step.at)


def _archived(player: Player, step: Step) -> UUID:
    with in_tenant(player.tenant_id):
        mine = Execution.objects.filter(tenant_id=player.tenant_id, system__name=step.system)
        found = mine.filter(lifecycle_state="ARCHIVED").order_by("started_at").values_list("id", flat=True).first()
    if found is None:
        raise NotFound(f"Nothing of {step.system} is archived.")
    return found
