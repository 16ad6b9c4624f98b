from billing.budgets.models import (
    BudgetAlert,
    BudgetMove,
    BudgetPace,
    BudgetPlan,
    Price,
    Reservation,
    ReservationLine,
    Resource,
    StorageLevel,
    SystemShare,
    TopUp,
)

__all__ = [
    "BudgetAlert",
    "BudgetMove",
    "BudgetPace",
    "BudgetPlan",
    "Price",
    "Reservation",
    "ReservationLine",
    "Resource",
    "StorageLevel",
    "SystemShare",
    "TopUp",
]
