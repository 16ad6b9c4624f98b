from dreams.elicitation import admin as elicitation
from dreams.guardrails import admin as guardrails

__all__ = ["elicitation", "guardrails"]
