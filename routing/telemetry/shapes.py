"""What the API takes and answers about tool calls; the schema is read off it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from routing.figures.span import CHOICES
from routing.telemetry.queries import RANGES


class CallQuery(Query):
    """The filters of the page of that name. Without `since` and `until`: the last 24 hours."""

    server = Text(required=False, allow_blank=True, max_length=200)
    tool = Text(required=False, allow_blank=True, max_length=200)
    outcome = Choice(["ok", "failed", "unknown"], required=False, allow_blank=True)
    source = Choice(["seen", "reported"], required=False, allow_blank=True)  # type: ignore[assignment]
    execution = serializers.UUIDField(required=False)
    since = Instant(required=False)
    until = Instant(required=False)


class ToolQuery(Query):
    range = Choice(list(RANGES), required=False, default="24h", help_text="7d and 30d: whole UTC days, today included")
    days = Choice([str(one) for one in CHOICES], required=False, help_text="whole UTC days instead, today included")
    exact = serializers.BooleanField(
        required=False, default=False, help_text="count the calls themselves, not the days' rollups"
    )


class ToolCall(Record):
    """One tool call, by the names of the sources' columns. `reported_by` empty: TARS saw it itself."""

    id = serializers.UUIDField()
    timestamp = Instant()
    server_name = Text()
    tool_name = Text()
    success = Flag(allow_null=True)
    execution_time_ms = serializers.FloatField(allow_null=True)
    error_message = Text(allow_null=True)
    execution_id = serializers.UUIDField(allow_null=True)
    verdict_id = serializers.UUIDField(allow_null=True)
    approved_by = Text(allow_blank=True)
    reported_by = Text(allow_blank=True)
    input_digest = Text(allow_blank=True)
    tool_digest = Text(allow_blank=True)
    input_data = Anything()


class Figures(Record):
    """One tool within the range. `error_rate` in per cent; `avg_ms` of its successful calls; slow: above 5 seconds."""

    server_name = Text()
    tool_name = Text()
    total_calls = Whole()
    errors = Whole()  # type: ignore[assignment]
    error_rate = serializers.FloatField()
    avg_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True, help_text="the 95th percentile, within 9.1 %")
    max_ms = serializers.FloatField(allow_null=True)
    is_slow = Flag()


class Report(Body):
    """Calls as `{server, tool, success, ms, error, input, input_digest, execution_id}` or as OpenTelemetry spans with
    `attributes`; or a whole OTLP/JSON export under `resourceSpans`, of which the tool calls count."""

    calls = serializers.ListField(child=Object(), required=False, default=list, max_length=500)
    resourceSpans = serializers.ListField(child=Object(), required=False, default=list, max_length=500)

    def validate(self, attrs: Any) -> Any:
        if not attrs["calls"] and not attrs["resourceSpans"]:
            raise serializers.ValidationError({"calls": "is missing"})
        return attrs


class Reported(Record):
    kept = Whole(help_text="how many tool calls were kept")
