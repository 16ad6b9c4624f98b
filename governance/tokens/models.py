from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class ApiToken(TenantRow):
    """A program's key. It acts for `user`, or as `system`; `prefix` is the part that people see."""

    name = models.TextField()
    prefix = models.TextField()
    secret_hash = models.BinaryField(max_length=32)
    user = models.ForeignKey("governance.User", null=True, on_delete=models.PROTECT, related_name="+")
    system = reference("governance.System", null=True)
    scopes = models.JSONField(default=list, help_text="capabilities, as `governance.scope.Capability` names them")
    created_by = models.TextField()
    created_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.TextField(default="")

    class Meta:
        db_table = "api_tokens"
        constraints = [
            models.UniqueConstraint(fields=["secret_hash"], name="api_tokens_secret"),
            models.CheckConstraint(
                condition=models.Q(user=None, system__isnull=False) | models.Q(user__isnull=False, system=None),
                name="api_tokens_one_holder",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="api_tokens_interval"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="api_tokens_recent")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class RateWindow(TenantRow):
    """How many requests one caller made in one window; written by one upsert a request."""

    caller = models.TextField()
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "rate_windows"
        constraints = [models.UniqueConstraint(fields=["tenant", "caller"], name="rate_windows_one_each")]
