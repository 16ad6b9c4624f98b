"""Every slice's tables; nothing else."""

from dreams.elicitation.models import CanonicalItem, Elicitation
from dreams.guardrails.models import GuardrailSetting, Watch

__all__ = ["CanonicalItem", "Elicitation", "GuardrailSetting", "Watch"]
