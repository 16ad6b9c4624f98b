"""The story's verbs about agents: how systems are reached, which tools were approved, what was asked of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from billing.budgets.moves import seal_due as seal_money
from governance.errors import DomainError, NotFound
from governance.jobs.attempts import attempt
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from routing.agents.knowledge_pages import Pages
from routing.agents.payroll_store import Uploads
from routing.connectors import actions as connectors
from routing.connectors.calling import offered, open_connector
from routing.connectors.contract import ToolDefinition
from routing.connectors.models import Connector, PinnedTool, ToolState
from routing.embeddings.choice import current
from routing.embeddings.recent import BULK
from routing.executions import afterwards
from routing.executions.models import Execution, Receipt
from routing.executions.past import Past, Rated, Said, Told, play
from routing.executions.sealing import seal_receipts
from routing.learning import night
from routing.router.embedding import embed_systems
from routing.telemetry.folding import count_anew
from routing.whatif import actions as whatif
from routing.whatif.asked import Asked
from tarsweb.demo.asked import Answering, ask_at
from tarsweb.demo.script import LONGEST_WORK, Step
from tarsweb.demo.worlds import DATA

if TYPE_CHECKING:
    from tarsweb.demo.play import Player


def connect(player: Player, step: Step) -> None:
    """Say how a system is reached."""
    connectors.configure(scope=player.scope(step.by), system_name=step.system, at=step.at, **step.args)


def look(player: Player, step: Step) -> None:
    """Ask the system's real agent what it offers, and keep that; what it says waits for approval."""
    connector = _connector(player, step)
    tools: tuple[ToolDefinition, ...] = ()
    error = ""
    try:
        tools = offered(open_connector(tenant_id=player.tenant_id, connector_id=connector.id, at=step.at))
    except DomainError as failure:
        error = failure.sentence
    connectors.take_look(
        scope=tars_scope(player.tenant_id),
        connector_id=connector.id,
        pointed_at=connector.pointed_at,
        tools=tools,
        error=error,
        at=step.at,
    )


def approve_tools(player: Player, step: Step) -> None:
    """Approve every tool that waits. `has`: TARS's own agent has worked elsewhere before, and brings what it kept."""
    if name := step.args.get("has"):
        _furnish(player, name)
    connector = _connector(player, step)
    with in_tenant(player.tenant_id):
        waiting = PinnedTool.objects.filter(tenant_id=player.tenant_id, connector=connector)
        digests = list(waiting.filter(state=ToolState.QUARANTINED).values_list("digest", flat=True))
    connectors.approve_tools(scope=player.scope(step.by), system_name=step.system, digests=digests, at=step.at)


def disable(player: Player, step: Step) -> None:
    """Switch a system's connector off."""
    connectors.disable(scope=player.scope(step.by), system_name=step.system, reason=step.args["reason"], at=step.at)


def _furnish(player: Player, agent: str) -> None:
    """Put the world's files into the agent's own folder; what is there stays."""
    kept = json.loads((DATA / player.world.key / "agents.json").read_text())[agent]
    folder = Path(settings.HOME.path) / "agents" / str(player.tenant_id) / agent
    if agent == "payroll":
        Uploads(folder).add(key="before", entries=kept)
    else:
        for page in kept:
            Pages(folder).create(title=page["title"], text=page["text"])


def _connector(player: Player, step: Step) -> Connector:
    with in_tenant(player.tenant_id):
        found = Connector.objects.filter(tenant_id=player.tenant_id, system__name=step.system).first()
    if found is None:
        raise NotFound(f"{step.system} has no connector.")
    return found


def work(player: Player, step: Step) -> None:
    """Everything that was asked since the step before."""
    embed_systems(tenant_id=player.tenant_id)
    pasts = [_past(player, moment) for moment in step.args["moments"]]
    _embed([past.text for past in pasts])
    play(scope=tars_scope(player.tenant_id), pasts=pasts, memory=player.memory, at=step.at)
    if pasts:
        _count_anew(player, min(past.at for past in pasts))
    for seal in (seal_receipts, seal_money):
        seal(scope=tars_scope(player.tenant_id), at=step.at)


def rush(player: Player, step: Step) -> None:
    """A program of somebody's hands in many requests that are alike, shortly before the step."""
    if not player.world.size:
        return
    count, texts = step.args["count"], step.args["texts"]
    pause = timedelta(minutes=step.args["minutes"]) / count
    first = step.at - LONGEST_WORK - pause * count
    pasts = [_past(player, first + pause * n, text=texts[n % len(texts)]) for n in range(count)]
    embed_systems(tenant_id=player.tenant_id)
    _embed([past.text for past in pasts])
    play(scope=tars_scope(player.tenant_id), pasts=pasts, memory=player.memory, at=step.at)
    for seal in (seal_receipts, seal_money):
        seal(scope=tars_scope(player.tenant_id), at=step.at)


def learn(player: Player, step: Step) -> None:
    """One night: rules are proposed out of everything that was done before."""
    _wait_for_sealing(player)
    night.learn(scope=tars_scope(player.tenant_id), model=current().model, night=step.at.date(), at=step.at)


def _wait_for_sealing(player: Player) -> None:
    """HAZARD: the installation's own clock may be sealing the last receipts; the step that asked passed them over, and a night
    counts only what is sealed."""
    with in_tenant(player.tenant_id):
        rows = Receipt.objects.select_for_update(of=("self",)).filter(tenant_id=player.tenant_id, sealed_in=None)
        list(rows.order_by("id").values_list("id", flat=True))


def request(player: Player, step: Step) -> None:
    """One request of a person's that nobody has answered yet."""
    args = step.args
    answering = Answering(player.world.work, random.Random(step.key))
    past = Past(
        key=f"demo/{step.key}",
        by=player.scope(step.by),
        text=args["text"],
        at=step.at - timedelta(seconds=1),
        agent=lambda *asked: Told(*answering(*asked)),
        input=args.get("input"),
        system=step.system,
        action=args.get("action", ""),
    )
    embed_systems(tenant_id=player.tenant_id)
    play(scope=tars_scope(player.tenant_id), pasts=[past], memory=player.memory, at=step.at)
    _count_anew(player, past.at)


def dispute(player: Player, step: Step) -> None:
    """The person's latest success on the system was none, they say."""
    scope = player.scope(step.by)
    with in_tenant(player.tenant_id):
        mine = Execution.objects.filter(tenant_id=player.tenant_id, user_id=scope.actor.user_id, disputed_at=None)
        found = mine.filter(system_name=step.system, status="success", started_at__lt=step.at).order_by("-started_at")
        id = found.values_list("id", flat=True).first()
    if id is None:
        raise NotFound("There is no execution to dispute.")
    afterwards.dispute(scope=scope, execution_id=id, words=step.args["words"], at=step.at)


def what_if(player: Player, step: Step) -> None:
    """Past days replayed under a change, and the result there at once."""
    job = whatif.start(scope=player.scope(step.by), asked=Asked(**step.args), at=step.at)
    attempt(tenant_id=player.tenant_id, job_id=job.id, clock=lambda: step.at)


def _past(player: Player, moment: datetime, *, text: str = "") -> Past:
    """What was asked at a moment: what is drawn for it, or `text` by a program."""
    told = ask_at(player.world.work, moment, key=player.world.key, text=text)
    answering = Answering(player.world.work, random.Random(f"{player.world.key}/{moment.isoformat()}/answer"))

    def agent(system: str, action: str, attempt: int) -> Told:
        return Told(*answering(system, action, attempt))

    by = player.scope(told.by)
    decides = player.scope("jordan" if told.by == "preston" else "preston")
    key = f"demo/{moment.isoformat()}"
    return Past(
        key=key,
        by=by,
        text=told.text,
        at=moment,
        agent=agent,
        system=told.system,
        action=told.action,
        channel=told.channel,
        said=Said(decides, is_yes=told.is_yes, after=told.decides_after, note=told.note),
        rated=None if told.stars is None else Rated(by.actor.name, told.stars, told.words, told.rates_after),
        parts=[
            Past(key=f"{key}/{number}", by=by, text=text, at=moment, agent=agent, channel="hop")
            for number, text in enumerate(told.parts)
        ],
    )


def _count_anew(player: Player, since: datetime) -> None:
    """Tool calls were written that the days' sums may have passed already."""
    with in_tenant(player.tenant_id):
        count_anew(tenant_id=player.tenant_id, first=since.astimezone(UTC).date(), at=timezone.now())


def _embed(texts: Sequence[str]) -> None:
    """In few calls and outside a transaction; the embedder remembers them."""
    distinct = list(dict.fromkeys(texts))
    for start in range(0, len(distinct), BULK):
        current().embed(distinct[start : start + BULK])
