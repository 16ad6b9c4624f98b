from __future__ import annotations

from django.db import models

from governance.rows import TenantRow


class ActorKey(TenantRow):
    """One Ed25519 key. `user_id` is null for TARS itself; `name` is the actor as it was called when the key was made."""

    user_id = models.UUIDField(null=True)
    name = models.TextField()
    public_key = models.BinaryField(max_length=32)
    sealed_private_key = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    retired_because = models.TextField(default="", db_default="", blank=True)

    class Meta:
        db_table = "actor_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user_id"],
                condition=models.Q(retired_at=None),
                nulls_distinct=False,
                name="actor_keys_one_current",
            ),
        ]
