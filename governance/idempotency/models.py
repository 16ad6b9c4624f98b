from __future__ import annotations

from django.db import models

from governance.rows import TenantRow


class IdempotencyKey(TenantRow):
    """A key, the request it first came with, and (once there is one) the answer."""

    owner = models.TextField()
    key = models.TextField()
    fingerprint = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        db_table = "idempotency_keys"
        constraints = [models.UniqueConstraint(fields=["tenant", "owner", "key"], name="idempotency_keys_one_each")]
        indexes = [models.Index(fields=["tenant", "expires_at"], name="idempotency_keys_expiry")]
