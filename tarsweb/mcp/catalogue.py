"""The tools, one entry each: a verb or query of the API, said for an agent. How to add one: docs/mcp.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool. `path` is the API's own, as its document writes it; what it takes and gives is read off that document.

    `named` renames path parameters for the agent; `fixed` query parameters are sent always and offered to nobody.
    """

    name: str
    title: str
    says: str
    method: str
    path: str
    named: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    is_destructive: bool = False

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing that anybody would undo."""
        return self.method == "GET"


ENTRIES: Final = (
    Entry(
        "decide",
        "May this happen?",
        "Ask before you act: may `system` do `action`, given `facts`, in `session`? "
        "`outcome` is permit, deny or require_approval; `sentence` says why; `guidance` lists what the session asks of you. "
        "Only permit allows the action; require_approval means a person must approve first. "
        "A system asks about itself only. The verdict is signed and kept.",
        "POST",
        "policy/decide/",
    ),
    Entry(
        "get_constitution",
        "A system's constitution",
        "The constitution in force of a system, with its version and digest. "
        "`constitution_version` is the `base_version` of a proposal. It needs a token that holds read_record.",
        "GET",
        "systems/{name}/",
        named={"name": "system"},
    ),
    Entry(
        "propose_amendment",
        "Propose a change of a constitution",
        "Propose that a system's constitution change: a whole `constitution`, or an RFC 6902 `patch` of version `base_version`. "
        "Nothing changes until people approve it. It needs propose; refused when the base is stale, evidence is missing or "
        "the change is none.",
        "POST",
        "amendments/",
    ),
    Entry(
        "list_session_rules",
        "The rules of a session",
        "The temporary rules of a session: those enforced, and those that are guidance for you to follow. "
        "Asking begins the session's hour anew; with `peek` true it does not.",
        "GET",
        "sessions/{session}/rules/",
    ),
    Entry(
        "update_session_rules",
        "Add a rule to a session",
        'Add one sentence to a session\'s rules, such as "no external API calls". Rules only tighten what is allowed. '
        "Refused in a session that belongs to another system. The 51st rule pushes out the first.",
        "POST",
        "sessions/{session}/rules/",
    ),
    Entry(
        "reset_session_rules",
        "End a session's rules",
        "End every rule of a session and put `rules` in their place. It loosens, so it takes the token of a "
        "person who may roll back; a system's is refused.",
        "POST",
        "sessions/{session}/reset/",
        is_destructive=True,
    ),
    Entry(
        "get_drift_state",
        "A system's drift state",
        "Whether a system behaves as its constitution says: its drift state, since when, why, and who set it.",
        "GET",
        "systems/{name}/drift/",
        named={"name": "system"},
    ),
    Entry(
        "get_estop_state",
        "What is stopped now",
        "Every emergency stop in force, newest first; a `system` of null stops everything. "
        "An empty list means that nothing is stopped. What is stopped is denied by `decide` too.",
        "GET",
        "estops/",
        fixed={"state": "in_force"},
    ),
    Entry(
        "route",
        "Which agent is it for?",
        "Find the agent for a request in words: every candidate with its score and what speaks against it. "
        "Nothing is kept and nothing is done.",
        "POST",
        "route/",
    ),
    Entry(
        "handle_request",
        "Hand in a request",
        "Hand in a request in words: TARS finds the agent, asks what must be asked, sets money aside and has it done. "
        "The answer is an id at once; follow it with `follow_request`. It needs request.",
        "POST",
        "executions/",
    ),
    Entry(
        "follow_request",
        "Where a request stands",
        "Where a request stands, step by step, and its result when it is done. Work that waits for a person's approval "
        "can wait for hours: ask again later.",
        "GET",
        "executions/{execution_id}/",
    ),
    Entry(
        "reserve",
        "Set money aside",
        "Set amounts aside for a system before work that costs. The same `key` and body again give the same hold. "
        "It needs spend; when a budget has not enough, all is refused, and the sentence names the budget and whom to ask.",
        "POST",
        "holds/",
    ),
    Entry(
        "settle",
        "Charge what was used",
        "Close a hold by what the work used; what is left goes back. A figure that is unknown is null, never 0. "
        "Where several models worked, `models` says what each used, each at its own price. "
        "The same report again gives the same answer.",
        "POST",
        "holds/{hold_id}/settle/",
    ),
    Entry(
        "release",
        "Give money back",
        "Give a hold back whole: the work was not done.",
        "POST",
        "holds/{hold_id}/release/",
    ),
    Entry(
        "report_tool_calls",
        "Report tool calls",
        "Tell of tool calls that you made without TARS. Arguments are kept as digests. It needs report.",
        "POST",
        "telemetry/report/",
    ),
)

BY_NAME: Final = {entry.name: entry for entry in ENTRIES}
