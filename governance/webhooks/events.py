"""What other programs can be told of. Pure."""

from __future__ import annotations

EVENTS = {
    "amendment.proposed": "An amendment asks for approval",
    "amendment.changes_requested": "Somebody asked for changes",
    "amendment.approved": "An amendment has all its approvals",
    "amendment.scheduled": "An approved amendment waits for its date",
    "amendment.applied": "An amendment took effect",
    "amendment.rejected": "An amendment was rejected",
    "amendment.withdrawn": "Its author took an amendment back",
    "amendment.expired": "Nobody decided in time",
    "amendment.rolled_back": "An amendment was rolled back",
    "override.used": "A decision was made by override",
    "estop.pressed": "Somebody stopped everything or one system",
    "estop.lifted": "An e-stop was lifted",
    "drift.state_set": "The drift state of a system was set",
    "dream.judged": "A night of dreams ended with its verdicts",
    "guardrail.crossed": "An amendment crossed a line of its guardrails",
    "mandate.issued": "A group's mandate on a shared asset was issued",
    "mandate.revoked": "A mandate was revoked",
    "asset.contested": "An asset is contested and a mediator decides",
    "system.registered": "A system was registered",
    "system.status_changed": "A system's status was changed",
    "member.added": "Somebody was given a seat",
    "member.roles_changed": "Somebody's roles changed",
    "member.removed": "Somebody lost their seat",
}
TEST = "webhook.test"
"""Sent by the button, to one webhook."""


def matches(wanted: list[str], event: str) -> bool:
    """Whether a webhook that asked for `wanted` (nothing: everything) hears of `event`."""
    return not wanted or event in wanted
