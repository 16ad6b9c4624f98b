from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class DriftWord(models.TextChoices):
    NORMAL = "NORMAL", "Normal"
    MONITOR = "MONITOR", "Monitor"
    HOLD = "HOLD", "Hold"
    RECOVERY = "RECOVERY", "Recovery"
    DEGRADED = "DEGRADED", "Degraded"


class DriftState(TenantRow):
    """A system's present state; a system without a row is NORMAL. What changed it is on the ledger."""

    system = reference("governance.System")
    state = models.TextField(choices=DriftWord.choices, default=DriftWord.NORMAL)
    since = models.DateTimeField()
    reason = models.TextField(default="")
    changed_by = models.TextField()

    class Meta:
        db_table = "drift_states"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system"], name="drift_states_one_each"),
            models.CheckConstraint(condition=models.Q(state__in=DriftWord.values), name="drift_states_state"),
        ]

    def __str__(self) -> str:
        return self.state
