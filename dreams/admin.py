from dreams.guardrails import admin as guardrails

__all__ = ["guardrails"]
