from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class Comment(TenantRow):
    """One remark about a place (`pointer`, RFC 6901; "" is the whole) of one revision of a subject."""

    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    revision = models.PositiveIntegerField()
    pointer = models.TextField(default="")
    thread = reference("governance.Comment", null=True, related_name="replies")
    text = models.TextField()
    suggestion = models.JSONField(null=True, help_text='{"value": …}: what the pointer should hold instead')
    author = models.TextField()
    user_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(default="")

    class Meta:
        db_table = "comments"
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="comments_text")]
        indexes = [models.Index(fields=["tenant", "subject_kind", "subject_id", "id"], name="comments_of_subject")]


class Tick(TenantRow):
    """That one person has viewed one place of one revision."""

    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    revision = models.PositiveIntegerField()
    pointer = models.TextField()
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "ticks"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "subject_kind", "subject_id", "revision", "pointer", "user"], name="ticks_one_each"
            )
        ]


class Look(TenantRow):
    """What one person saw last of a subject: the digest and revision that were on the screen."""

    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    digest = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "looks"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "subject_kind", "subject_id", "user"], name="looks_one_each")
        ]
