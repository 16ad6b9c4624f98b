from __future__ import annotations

from django.db import models

from governance.rows import TenantRow


class Purpose(models.TextChoices):
    EVIDENCE = "evidence", "Evidence"
    EXPORT = "export", "Export"


class StoredFile(TenantRow):
    """Bytes with their digest (`sha256:` and 64 hex digits)."""

    purpose = models.TextField(choices=Purpose.choices)
    name = models.TextField()
    media_type = models.TextField()
    size = models.PositiveBigIntegerField()
    digest = models.TextField()
    content = models.BinaryField()
    kept_by = models.TextField()
    user_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stored_files"
        constraints = [
            models.CheckConstraint(condition=models.Q(purpose__in=Purpose.values), name="stored_files_purpose")
        ]
        indexes = [models.Index(fields=["tenant", "digest"], name="stored_files_digest")]

    def __str__(self) -> str:
        return self.name
