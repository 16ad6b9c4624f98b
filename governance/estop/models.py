from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class EStop(TenantRow):
    """One press of the button. Without a system it stops the whole tenant. In force until `lifted_at`."""

    system = reference("governance.System", null=True)
    reason = models.TextField()
    stopped_at = models.DateTimeField()
    stopped_by = models.TextField()
    user_id = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.TextField(default="")
    lifted_because = models.TextField(default="")

    class Meta:
        db_table = "estops"
        verbose_name = "emergency stop"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system"],
                condition=models.Q(lifted_at=None),
                nulls_distinct=False,
                name="estops_one_in_force",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="estops_reason"),
        ]
        indexes = [models.Index(fields=["tenant", "-stopped_at"], name="estops_recent")]

    def __str__(self) -> str:
        return self.reason
