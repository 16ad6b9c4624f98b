"""When an answer is wanted at the latest. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.amendments.kinds import Basis

DECIDE_WITHIN = timedelta(days=5)
PATCH_WITHIN = timedelta(days=1)
ROLL_BACK_WITHIN = timedelta(days=1)


def due_at(*, basis: Basis, asked_at: datetime, effective_at: datetime | None, expires_at: datetime) -> datetime:
    """The deadline of a question: five days, one for a security patch; never after it should take effect or expires.

    An effective date that has passed already asks for no hurry: the change takes effect with its last answer.
    """
    within = PATCH_WITHIN if basis is Basis.SECURITY_PATCH else DECIDE_WITHIN
    ends = [asked_at + within, expires_at]
    if effective_at is not None and effective_at > asked_at:
        ends.append(effective_at)
    return min(ends)
