"""Every slice's tables; nothing else."""

from dreams.guardrails.models import GuardrailSetting, Watch

__all__ = ["GuardrailSetting", "Watch"]
