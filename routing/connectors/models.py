from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.rows import TenantRow, reference


class Kind(models.TextChoices):
    HTTP = "http", "HTTP envelope"
    N8N = "n8n", "n8n webhook"
    MCP_STDIO = "mcp_stdio", "MCP over stdio"
    MCP_HTTP = "mcp_http", "MCP over HTTP"
    CALLABLE = "callable", "Python callable"


class ConnectorState(models.TextChoices):
    READY = "ready", "Ready"
    QUARANTINED = "quarantined", "Quarantined: a tool changed"
    DISABLED = "disabled", "Disabled"


class Connector(TenantRow):
    """How one system is reached, and within which limits. `maximums` is what one call reserves when nobody knows better:
    `{resource type: decimal text}`."""

    system = reference("governance.System", related_name="connectors")
    kind = models.TextField(choices=Kind.choices)
    target = models.TextField(
        help_text="an address, the name of an allowed command, or the name of a registered callable"
    )
    arguments = ArrayField(models.TextField(), default=list, help_text="of an allowed command")
    entry_tool = models.TextField(
        default="handle_request", help_text="the tool called where none is named like the action"
    )
    timeout_ms = models.PositiveIntegerField(default=60_000)
    most_bytes = models.PositiveIntegerField(default=1_000_000)
    most_at_once = models.PositiveIntegerField(default=4)
    maximums = models.JSONField(default=dict)
    may_repeat = models.BooleanField(
        default=False,
        help_text="the agent knows a repeated call by its idempotency key, so a lost answer is asked for again",
    )
    keeps_arguments = models.BooleanField(
        default=False, help_text="telemetry keeps the arguments of calls, not only their digests"
    )
    simulates_dreams = models.BooleanField(
        default=False,
        help_text="the agent changes nothing when a call's mode is dream, so that dreams may ask it anything",
    )
    state = models.TextField(choices=ConnectorState.choices, default=ConnectorState.READY)
    failures = models.PositiveIntegerField(default=0, help_text="in a row; success sets it to zero")
    opened_at = models.DateTimeField(null=True, help_text="when the breaker opened; null: it is closed")
    probed_at = models.DateTimeField(null=True, help_text="when the half-open breaker let its one call through")
    pointed_at = models.DateTimeField(help_text="when it was last said where it leads: every tool is approved anew")
    pointed_by = models.TextField(help_text="who said so, and may not approve its tools")
    looked_at = models.DateTimeField(null=True)
    look_error = models.TextField(default="", help_text="what the last look failed with; empty: it went well")
    disabled_because = models.TextField(default="")
    last_called_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField()
    created_by = models.TextField()
    updated_at = models.DateTimeField()
    updated_by = models.TextField()

    class Meta:
        db_table = "connectors"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system"], name="connectors_one_each"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="connectors_kind"),
            models.CheckConstraint(condition=models.Q(state__in=ConnectorState.values), name="connectors_state"),
            models.CheckConstraint(
                condition=models.Q(timeout_ms__range=(100, 3_600_000), most_at_once__gte=1, most_bytes__gte=1),
                name="connectors_limits",
            ),
        ]


class ConnectorSecret(TenantRow):
    """A secret that is sent to an agent: written once, never shown, replaced by the next version."""

    connector = reference("routing.Connector", related_name="secrets")
    name = models.TextField(help_text="of the header or environment variable that carries it")
    version = models.PositiveIntegerField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    created_by = models.TextField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connector_secrets"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connector", "name", "version"], name="connector_secrets_version"
            ),
            models.UniqueConstraint(
                fields=["tenant", "connector", "name"],
                condition=models.Q(retired_at=None),
                name="connector_secrets_one_in_force",
            ),
        ]


class ToolState(models.TextChoices):
    PINNED = "pinned", "Pinned"
    QUARANTINED = "quarantined", "Quarantined"
    RETIRED = "retired", "Retired"


class PinnedTool(TenantRow):
    """One tool of an agent exactly as it was approved: `digest` covers name, description and schemas."""

    connector = reference("routing.Connector", related_name="tools")
    name = models.TextField()
    digest = models.TextField()
    definition = models.JSONField()
    state = models.TextField(choices=ToolState.choices, default=ToolState.QUARANTINED)
    seen_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(default="")

    class Meta:
        db_table = "pinned_tools"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connector", "name", "digest"], name="pinned_tools_digest"),
            models.UniqueConstraint(
                fields=["tenant", "connector", "name"],
                condition=models.Q(state=ToolState.PINNED),
                name="pinned_tools_one_in_force",
            ),
            models.CheckConstraint(condition=models.Q(state__in=ToolState.values), name="pinned_tools_state"),
        ]
