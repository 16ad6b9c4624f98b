"""What the API takes and answers about connectors; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.registry.models import Deployment
from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from routing.connectors import limits, ways
from routing.connectors.models import Kind, ToolState
from routing.connectors.queries import state_choices

_STATES = [name for name, _ in state_choices()]
_DIGEST = r"^sha256:[0-9a-f]{64}$"


class Wish(Body):
    """How a system is reached. What is left out is as usual, not as it was."""

    deployment_type = Choice(Deployment.values)
    kind = Choice(Kind.values, required=False, allow_blank=True, default="", help_text="empty: the usual one")
    target = Text(max_length=2000, help_text="an address, an allowed command's name or a registered function's name")
    arguments = serializers.ListField(child=Text(max_length=500), max_length=50, required=False, default=list)
    entry_tool = Text(max_length=200, required=False, default="handle_request")
    timeout_ms = Whole(required=False, default=60_000, min_value=limits.TIMEOUT_MS[0], max_value=limits.TIMEOUT_MS[1])
    most_bytes = Whole(required=False, default=1_000_000, min_value=limits.BYTES[0], max_value=limits.BYTES[1])
    most_at_once = Whole(required=False, default=4, min_value=limits.AT_ONCE[0], max_value=limits.AT_ONCE[1])
    maximums = serializers.DictField(child=Text(max_length=40), required=False, default=dict)
    may_repeat = Flag(required=False, default=False)
    keeps_arguments = Flag(required=False, default=False)
    simulates_dreams = Flag(required=False, default=False, help_text="it changes nothing in mode dream")
    api_key_required = Flag(required=False, default=False)


class NewSecret(Body):
    """Write-only: no answer ever holds the value."""

    value = Text(
        min_length=ways.SHORTEST_SECRET, max_length=ways.LONGEST_SECRET, trim_whitespace=False, write_only=True
    )
    name = Text(
        max_length=64, required=False, allow_blank=True, default="", help_text="empty: the usual one of the kind"
    )
    overlap_hours = Whole(required=False, default=24, min_value=0, max_value=720)


class OldSecret(Body):
    name = Text(max_length=64)
    version = Whole(min_value=1, max_value=2**31 - 1)


class Approval(Body):
    """The definitions that are let be called, exactly as they were read."""

    digests = serializers.ListField(child=serializers.RegexField(_DIGEST), min_length=1, max_length=1000)


class Reason(Body):
    reason = Text(max_length=500)


class ConnectorQuery(Query):
    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in the system's name or where it leads")
    state = Choice(_STATES, required=False, allow_blank=True)


class Connector(Record):
    system = Text()
    deployment_type = Text(allow_blank=True)
    kind = Choice(Kind.values)
    leads_to = Text()
    state = Choice(_STATES)
    why = Text(allow_blank=True, help_text="why it cannot be called now, and what helps")
    tools_approved = Whole()
    tools_waiting = Whole()
    simulates_dreams = Flag(help_text="whether dreams may call what writes")
    failures = Whole()
    last_called_at = Instant(allow_null=True)
    last_error = Text(allow_blank=True)
    looked_at = Instant(allow_null=True)
    look_error = Text(allow_blank=True)


class Secret(Record):
    name = Text()
    version = Whole()
    state = Choice(["sent", "kept", "retired"])
    created_at = Instant()
    created_by = Text()
    retired_at = Instant(allow_null=True)


class Change(Record):
    pointer = Text(allow_blank=True)
    old = Text(allow_blank=True)
    new = Text(allow_blank=True)


class Tool(Record):
    name = Text()
    digest = Text()
    state = Choice(ToolState.values)
    definition = Object()
    changes = Change(many=True)
    seen_at = Instant()
    decided_at = Instant(allow_null=True)
    decided_by = Text(allow_blank=True)


class WholeConnector(Connector):
    arguments = serializers.ListField(child=Text())
    entry_tool = Text()
    timeout_ms = Whole()
    most_bytes = Whole()
    most_at_once = Whole()
    maximums = serializers.DictField(child=Anything())
    may_repeat = Flag()
    keeps_arguments = Flag()
    api_key_required = Flag()
    breaker = Choice(["closed", "open", "half_open", "probing"])
    breaker_said = Text()
    pointed_by = Text()
    pointed_at = Instant()
    updated_by = Text()
    updated_at = Instant()
    digest = Text()
    secrets = Secret(many=True)
    tools = Tool(many=True)
