from routing.router import admin as router

__all__ = ["router"]
