"""The story's verbs about drift: what is expected is written, systems are asked, one is watched more closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreams.elicitation import actions, suite
from dreams.elicitation.scenario import Kind
from governance.drift.actions import set_state
from governance.drift.observing import observe
from governance.jobs.attempts import attempt
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from tarsweb.demo.script import Step

if TYPE_CHECKING:
    from tarsweb.demo.play import Player


def expect(player: Player, step: Step) -> None:
    """Scenarios that ship are written anew with more `facts`, for one `reason`."""
    scope, args = player.scope(step.by), step.args
    for key in args["keys"]:
        with in_tenant(player.tenant_id):
            before = suite.found(scope=scope, kind=Kind.SCENARIO, key=key).content.as_json()
        content = {**before, "facts": {**before["facts"], **args["facts"]}}
        actions.save(scope=scope, kind=Kind.SCENARIO, key=key, content=content, reason=args["reason"], at=step.at)


def elicit(player: Player, step: Step) -> None:
    """A system is asked everything that is expected of it, and has answered at once."""
    job = actions.start(scope=player.scope(step.by), system_name=step.system, at=step.at)
    attempt(tenant_id=player.tenant_id, job_id=job.id, clock=lambda: step.at)


def watch(player: Player, step: Step) -> None:
    """What was recorded so far is measured; then a person has one system watched more closely."""
    observe(scope=tars_scope(player.tenant_id), at=step.at)
    args = step.args
    set_state(
        scope=player.scope(step.by), system_name=step.system, state=args["state"], reason=args["reason"], at=step.at
    )
