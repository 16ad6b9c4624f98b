from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from pgvector.django import VectorField

from governance.rows import BusyRow
from routing.figures.histogram import BUCKETS


class ToolCall(BusyRow):
    """One tool call (seeds/004 4). Append-only. `execution_id` is null for calls that an agent reports without one."""

    execution_id = models.UUIDField(null=True)
    server_name = models.TextField()
    tool_name = models.TextField()
    input_data = models.JSONField(null=True, help_text="null: only the digest is kept")
    input_digest = models.TextField(default="")
    tool_digest = models.TextField(default="", help_text="of the definition that was called")
    execution_time_ms = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    success = models.BooleanField(null=True)
    error_message = models.TextField(null=True)
    timestamp = models.DateTimeField(db_default=Now())
    verdict_id = models.UUIDField(null=True)
    approved_by = models.TextField(default="")
    reported_by = models.TextField(default="", help_text='"" : TARS saw the call itself')

    class Meta:
        db_table = "mcp_telemetry_log"
        constraints = [
            models.CheckConstraint(condition=models.Q(execution_time_ms__gte=0), name="mcp_telemetry_log_time")
        ]
        indexes = [
            # Holds all that the figures of a time range need: where the table is vacuumed, they read nothing else.
            models.Index(
                fields=["tenant", "-timestamp", "-id"],
                include=["server_name", "tool_name", "execution_time_ms", "success"],
                name="mcp_telemetry_log_recent",
            ),
            models.Index(
                fields=["tenant", "-timestamp", "-id"],
                condition=models.Q(success=False),
                name="mcp_telemetry_log_failed",
            ),
            models.Index(
                fields=["tenant", "server_name", "tool_name", "-timestamp", "-id"], name="mcp_telemetry_log_tool"
            ),
            models.Index(fields=["tenant", "execution_id"], name="mcp_telemetry_log_execution"),
        ]


class ToolDay(BusyRow):
    """One UTC day's calls of one tool, added up by a task (`folding`). Times are of calls that succeeded."""

    day = models.DateField()
    server_name = models.TextField()
    tool_name = models.TextField()
    calls = models.BigIntegerField()
    errors = models.BigIntegerField()
    ms_sum = models.DecimalField(max_digits=30, decimal_places=3)
    ms_count = models.BigIntegerField()
    ms_max = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    durations = VectorField(dimensions=BUCKETS)

    class Meta:
        db_table = "tool_days"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "day", "server_name", "tool_name"], name="tool_days_one_each")
        ]
