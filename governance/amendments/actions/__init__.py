"""The verbs of amendments. One module per stretch of an amendment's life."""

from governance.amendments.actions.apply import apply_due, expire_due
from governance.amendments.actions.attach import attach
from governance.amendments.actions.authority import grant_authority, remove_quorum, revoke_authority, set_quorum
from governance.amendments.actions.decide import approve, break_glass, reject, request_changes
from governance.amendments.actions.discuss import comment, look, reopen_comment, resolve_comment, tick
from governance.amendments.actions.draft import propose, rebase, revise, send, withdraw
from governance.amendments.actions.replay import start_replay
from governance.amendments.actions.undo import approve_roll_back, roll_back, withdraw_roll_back

__all__ = [
    "apply_due",
    "approve",
    "approve_roll_back",
    "attach",
    "break_glass",
    "comment",
    "expire_due",
    "grant_authority",
    "look",
    "propose",
    "rebase",
    "reject",
    "remove_quorum",
    "reopen_comment",
    "request_changes",
    "resolve_comment",
    "revise",
    "revoke_authority",
    "roll_back",
    "send",
    "set_quorum",
    "start_replay",
    "tick",
    "withdraw",
    "withdraw_roll_back",
]
