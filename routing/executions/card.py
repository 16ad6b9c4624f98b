"""The why card: one execution with everything that explains it. Its queries do not grow with what it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from billing.budgets.held import HoldLine, holds_for
from governance.audit.queries import explained
from governance.errors import NotFound
from governance.registry.models import Status as SystemStatus
from governance.registry.models import System
from governance.rulebook.queries.verdicts import found_verdict
from governance.rulebook.why import Why
from governance.scope import Capability, Scope, tars_scope
from routing.executions import elsewhere, proof, queries
from routing.executions.proof import Finding
from routing.executions.queries import Line, Proof, Whole
from routing.executions.reading import Sheet, sheet_of
from routing.executions.stages import Stage, Status
from routing.executions.track import Point, Told, channel_of, points_of, story_of
from routing.router.bars import Bar, bars_of, choice_of
from routing.router.ranking import Choice
from routing.telemetry.queries import Call, of_execution

MOST_NAMES: Final = 500
LONG: Final = 2_000
"""Characters of an answer that stand open; what is longer is folded."""


@dataclass(frozen=True, slots=True)
class Text:
    """Input or output for the eye: words as words, everything else as JSON."""

    text: str
    is_words: bool
    sheet: Sheet | None = None
    """The same as facts and tables, where it is flat enough."""

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG

    @property
    def beginning(self) -> str:
        return self.text[:LONG]


@dataclass(frozen=True, slots=True)
class Checked:
    """The receipt, judged just now from the document that is handed out. `is_in_ledger`: the entry holds the root it names; None
    while it is not anchored."""

    proof: Proof
    finding: Finding
    is_in_ledger: bool | None

    @property
    def is_good(self) -> bool:
        return self.finding.is_genuine and self.is_in_ledger is not False


@dataclass(frozen=True, slots=True)
class Node:
    """A part that was handed on, `depth` below the whole; `is_here`: the one that the page is about."""

    line: Line
    depth: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What the page draws."""

    whole: Whole
    points: tuple[Point, ...]
    story: tuple[Told, ...]
    sentence: str
    channel: str
    choice: Choice | None
    bars: tuple[Bar, ...]
    why: Why | None
    held: tuple[HoldLine, ...]
    calls: tuple[Call, ...]
    tree: tuple[Node, ...]
    checked: Checked | None
    output: Text | None
    input: Text | None
    others: tuple[str, ...]
    names: tuple[str, ...]
    """Systems that could have got it instead."""
    may_read: bool
    may_request: bool
    may_route: bool
    may_act: bool
    """Rate it, dispute it, call it off: who asked, who answers for the system that did, and who manages systems."""

    @property
    def line(self) -> Line:
        return self.whole.line

    @property
    def is_waiting(self) -> bool:
        return self.line.stage == Stage.AWAITING_APPROVAL

    @property
    def may_cancel(self) -> bool:
        is_late = self.line.stage in {Stage.DONE, Stage.ANSWERED}
        return self.may_act and not is_late and not self.whole.is_cancel_wanted

    @property
    def may_ask_again(self) -> bool:
        return self.may_request and self.line.is_done and not self.whole.is_away

    @property
    def is_success(self) -> bool:
        return self.line.status == Status.SUCCESS and not self.whole.should_retry

    @property
    def was_called(self) -> bool:
        """Whether an agent was called for it, and it is over."""
        return self.line.is_done and any(step["step"] == "called" for step in self.whole.steps)

    @property
    def was_named_in_vain(self) -> bool:
        """Whether the request named a system that cannot get it."""
        return any(bar.one.name == self.whole.wanted and bar.one.vetoes for bar in self.bars)

    @property
    def advice(self) -> str:
        """What to do where the router found nobody, "" where the sentence at the top says it."""
        if self.choice and not self.choice.is_in_scope:
            return "Nobody is sure enough of it. Say it in other words, or choose who must do it."
        if self.was_named_in_vain:
            return f"{self.whole.wanted} cannot get it as things stand. Whoever fits best is chosen below."
        return ""

    @property
    def has_answer(self) -> bool:
        """Whether there is more to show than the sentence at the top says."""
        return self.output is not None or bool(self.whole.suggestions)

    @property
    def moment(self) -> str:
        """What changes when more than the progress moves."""
        return f"{self.line.stage}-{len(self.whole.steps)}-{len(self.tree)}-{int(self.whole.is_cancel_wanted)}"

    @property
    def threshold_percent(self) -> int:
        return round(self.choice.threshold * 100) if self.choice else 0

    @property
    def was_decided(self) -> bool:
        """Whether the rules were asked about it."""
        return bool(self.whole.governance_check.get("outcome") or self.why)

    @property
    def approved_at(self) -> datetime | None:
        at = self.whole.governance_check.get("approved_at")
        return datetime.fromisoformat(at) if at else None

    @property
    def falls(self) -> tuple[Told, ...]:
        """Where it was asked again, or somebody else."""
        steps = zip(self.whole.steps, self.story, strict=True)
        return tuple(told for step, told in steps if step["step"] in {"retried", "fell_back"})

    @property
    def predicted(self) -> str:
        """What the system that served it was expected to cost, "" where nothing was known."""
        return next((bar.cost for bar in self.bars if bar.one.name == self.line.system), "")


def card(*, scope: Scope, id: UUID) -> Card:
    """Everything of one execution that the scope may see. Raises `NotFound`."""
    whole = queries.execution(scope=scope, id=id)
    line, is_done = whole.line, whole.line.is_done
    choice = choice_of(whole.route) if whole.route else None
    may_read = scope.can(Capability.READ_RECORD)
    may_act = (whole.is_own and scope.can(Capability.REQUEST)) or scope.can(Capability.MANAGE_SYSTEMS)
    asked = {str(one) for one in (*whole.tried, whole.system_id)}
    return Card(
        whole=whole,
        points=points_of(stage=line.stage, status=line.status, steps=whole.steps),
        story=story_of(whole.steps),
        sentence=_sentence(whole),
        channel=channel_of(whole.steps),
        choice=choice,
        bars=tuple(bars_of(choice)) if choice else (),
        why=_why(scope, whole.verdict_id),
        held=holds_for(scope=scope, subject_id=id),
        calls=tuple(of_execution(scope=scope, execution_id=id)),
        tree=_tree(scope, line),
        checked=_checked(scope, id) if is_done else None,
        output=_text(whole.output),
        input=_text(whole.input),
        others=tuple(one["name"] for one in elsewhere.others(whole.route, asked=asked)),
        names=_names(scope, whole) if may_act and is_done else (),
        may_read=may_read,
        may_route=scope.can(Capability.ROUTE),
        may_request=scope.can(Capability.REQUEST),
        may_act=may_act and not whole.is_away,
    )


def _names(scope: Scope, whole: Whole) -> tuple[str, ...]:
    """Active systems that did not get it. One query."""
    rows = System.objects.filter(tenant_id=scope.tenant_id, status=SystemStatus.ACTIVE).exclude(name=whole.line.system)
    return tuple(rows.order_by("name").values_list("name", flat=True)[:MOST_NAMES])


def _sentence(whole: Whole) -> str:
    """Where it stands, in a sentence."""
    line = whole.line
    if whole.is_away:
        return "It is archived." if whole.lifecycle == "ARCHIVED" else "Its contents were destroyed."
    who, what = line.system or "TARS", line.action.replace("_", " ") or "it"
    match line.status or line.stage:
        case Stage.RECEIVED:
            return "TARS looks for the agent that can do this."
        case Stage.ROUTED:
            return f"The rules are asked whether {who} may {what}."
        case Stage.AWAITING_APPROVAL:
            return f"{who} may {what} once a person has approved it. Nothing happens until then."
        case Stage.READY:
            return f"{who} may {what}. Its money is set aside, then it is called."
        case Stage.CALLING if whole.is_cancel_wanted:
            return f"{who} is at work. It was called off and ends at the agent’s next word."
        case Stage.CALLING:
            return f"{who} is at work."
        case Stage.ANSWERED:
            return f"{who} has answered. What it used is being charged."
        case "success":
            return f"{who} answered."
        case _:
            return whole.error or "It ended without a word why."


def _why(scope: Scope, verdict_id: UUID | None) -> Why | None:
    # Who may see the execution may see why: also a member, who does not read the record.
    return found_verdict(scope=tars_scope(scope.tenant_id), verdict_id=verdict_id).why if verdict_id else None


def _checked(scope: Scope, id: UUID) -> Checked:
    found = queries.receipt(scope=scope, id=id)
    finding = proof.judged(found.as_json())
    return Checked(found, finding, _is_in_ledger(scope, finding))


def _is_in_ledger(scope: Scope, finding: Finding) -> bool | None:
    if finding.ledger_sequence is None:
        return None
    try:
        entry = explained(scope=tars_scope(scope.tenant_id), sequence=finding.ledger_sequence)
    except NotFound:
        return False
    action = entry.document.get("content", {}).get("action", {})
    return not entry.problem and isinstance(action, Mapping) and action.get("root") == finding.root


def _tree(scope: Scope, line: Line) -> tuple[Node, ...]:
    """The whole that this is a part of, with every part, in the order in which they were handed on; nothing for a lone one."""
    family = queries.family(scope=scope, id=line.id)
    if len(family) < 2:
        return ()
    below: dict[UUID | None, list[Line]] = {}
    for one in family:
        below.setdefault(one.parent_id, []).append(one)
    ids = {one.id for one in family}
    roots = [one for one in family if one.parent_id not in ids]
    return tuple(_walked(roots, below, 0, line.id))


def _walked(lines: Sequence[Line], below: Mapping[UUID | None, list[Line]], depth: int, here: UUID) -> list[Node]:
    nodes: list[Node] = []
    for line in lines:
        nodes += [Node(line, depth, line.id == here), *_walked(below.get(line.id, ()), below, depth + 1, here)]
    return nodes


def _text(value: Any) -> Text | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Text(value, is_words=True)
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return Text(text, is_words=False, sheet=sheet_of(value))
