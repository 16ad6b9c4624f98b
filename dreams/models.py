"""Every slice's tables; nothing else."""

from dreams.cycles.models import (
    Dream,
    DreamBar,
    DreamCycle,
    DreamRating,
    DreamRun,
    DreamSetting,
    DreamWish,
    RegressionRequest,
)
from dreams.elicitation.models import CanonicalItem, Elicitation
from dreams.guardrails.models import GuardrailSetting, Watch

__all__ = [
    "CanonicalItem",
    "Dream",
    "DreamBar",
    "DreamCycle",
    "DreamRating",
    "DreamRun",
    "DreamSetting",
    "DreamWish",
    "Elicitation",
    "GuardrailSetting",
    "RegressionRequest",
    "Watch",
]
