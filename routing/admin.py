from routing.router.admin import RoutingRuleAdmin

__all__ = ["RoutingRuleAdmin"]
