from billing.budgets.models import Resource

__all__ = ["Resource"]
