from billing.budgets.models import (
    BudgetAlert,
    BudgetMove,
    BudgetPlan,
    Price,
    Reservation,
    ReservationLine,
    Resource,
    SystemShare,
    TopUp,
)

__all__ = [
    "BudgetAlert",
    "BudgetMove",
    "BudgetPlan",
    "Price",
    "Reservation",
    "ReservationLine",
    "Resource",
    "SystemShare",
    "TopUp",
]
