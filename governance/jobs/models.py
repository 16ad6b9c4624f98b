from __future__ import annotations

from django.db import models

from governance.rows import TenantRow


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    DEAD = "dead", "Failed for good"


class Job(TenantRow):
    """One piece of long work. `key` names it for good: starting it again finds this row."""

    kind = models.TextField()
    key = models.TextField()
    title = models.TextField()
    payload = models.JSONField(default=dict)
    state = models.TextField(choices=JobState.choices, default=JobState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True)
    message = models.TextField(default="")
    error = models.TextField(default="")
    result = models.JSONField(default=dict)
    is_cancel_wanted = models.BooleanField(default=False)
    requested_by = models.TextField()
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True, help_text="when its last message was put into the queue")
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jobs"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="jobs_one_each"),
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="jobs_state"),
        ]
        indexes = [
            models.Index(fields=["tenant", "state", "due_at"], name="jobs_due"),
            models.Index(fields=["tenant", "-id"], name="jobs_recent"),
        ]

    def __str__(self) -> str:
        return self.title
