"""What money refuses."""

from __future__ import annotations

from governance.errors import DomainError, Invalid, NotAllowed


class NoMoney(DomainError):
    """A budget has not enough free; the sentence names it, what is free, when its window ends and whom to ask."""

    code = "no_money"


class KeyTaken(DomainError):
    """The key names another hold already."""

    code = "hold_key_taken"


class HoldClosed(DomainError):
    """The hold has ended in another way already."""

    code = "hold_closed"


class NotYours(NotAllowed):
    """A hold, or a system, of somebody else."""

    code = "not_your_hold"


class BadHold(Invalid):
    """A hold without a key, or with an end that is none."""

    code = "bad_hold"


class AboveContract(DomainError):
    """The tenant's contract allows less."""

    code = "above_contract"


class BadPlan(Invalid):
    """A plan of an unknown type or window, or with quotas that are none."""

    code = "bad_plan"


class BelowUse(DomainError):
    """Less than the running window has used and held."""

    code = "below_use"


class BadPrice(Invalid):
    """A price of an unknown measure, below zero, or for the past."""

    code = "bad_price"


class PriceThere(DomainError):
    """A price of this measure and model begins at that moment already."""

    code = "price_there"


class AboveBound(DomainError):
    """A top-up beyond what may be added to a window."""

    code = "above_bound"


class ReasonNeeded(Invalid):
    """A top-up without a reason."""

    code = "reason_needed"


class TopUpClosed(DomainError):
    """A top-up that was decided, withdrawn or expired."""

    code = "top_up_closed"


class WindowOver(DomainError):
    """A window that does not run, or that limits nobody."""

    code = "window_over"
