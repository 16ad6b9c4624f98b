"""The words of an amendment: its type, its basis, its state and the legal moves between states. Pure."""

from __future__ import annotations

from enum import StrEnum


class AmendmentType(StrEnum):
    """seeds/000, Amendment Types."""

    DREAM_PROMOTION = "dream_promotion"
    MANUAL_UPDATE = "manual_update"
    GOVERNANCE_TIGHTENING = "governance_tightening"
    CAPABILITY_EXPANSION = "capability_expansion"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Basis(StrEnum):
    """Why a change may be irreversible (seeds/000 Rule 2)."""

    ORDINARY = "ordinary"
    COMPLIANCE = "compliance"
    SECURITY_PATCH = "security_patch"
    DATA_INTEGRITY = "data_integrity"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def can_roll_back(self) -> bool:
        return self is Basis.ORDINARY

    @property
    def irreversible_because(self) -> str:
        return {
            Basis.ORDINARY: "",
            Basis.COMPLIANCE: "it is a legal requirement",
            Basis.SECURITY_PATCH: "it fixes a vulnerability",
            Basis.DATA_INTEGRITY: "it prevents corruption",
        }[self]


class State(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ROLLED_BACK = "rolled_back"

    @property
    def is_open(self) -> bool:
        return bool(MOVES[self]) and self is not State.APPLIED


# Every legal move. A verb that finds its proposal elsewhere refuses.
MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PROPOSED, State.WITHDRAWN, State.EXPIRED}),
    State.PROPOSED: frozenset(
        {State.PROPOSED, State.CHANGES_REQUESTED, State.APPROVED, State.REJECTED, State.EXPIRED, State.WITHDRAWN}
    ),
    State.CHANGES_REQUESTED: frozenset({State.PROPOSED, State.WITHDRAWN, State.EXPIRED}),
    State.APPROVED: frozenset({State.APPLIED, State.SCHEDULED, State.PROPOSED, State.WITHDRAWN, State.EXPIRED}),
    State.SCHEDULED: frozenset({State.APPLIED, State.PROPOSED, State.WITHDRAWN, State.EXPIRED}),
    State.APPLIED: frozenset({State.ROLLED_BACK}),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.ROLLED_BACK: frozenset(),
}


def may_move(before: State, after: State) -> bool:
    """Whether the move is in the table."""
    return after in MOVES[before]
