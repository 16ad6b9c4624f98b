from dreams.cycles import admin as cycles
from dreams.elicitation import admin as elicitation
from dreams.guardrails import admin as guardrails

__all__ = ["cycles", "elicitation", "guardrails"]
