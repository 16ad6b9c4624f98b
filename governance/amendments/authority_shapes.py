"""What the API takes and answers about who may approve; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.amendments.authority_forms import DECIDERS
from governance.amendments.kinds import AmendmentType
from governance.constitution.diff import Effect
from governance.rest import Body, Choice, Flag, Instant, Record, Text, Whole


class GrantWish(Body):
    """Which fields TARS may move alone: pointers with their largest steps, null for a text with listed variants."""

    systems = serializers.ListField(
        child=Text(), required=False, default=list, max_length=200, help_text="none: every one"
    )
    pointers = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="/field: largest step")
    max_per_week = Whole(min_value=1, max_value=1000)
    expires_at = Instant()
    reason = Text(max_length=2000)


class Why(Body):
    reason = Text(max_length=2000)


class QuorumWish(Body):
    """At least so many people of a role for a type, and an effect or any (null)."""

    type = Choice(AmendmentType)
    effect = Choice(Effect, required=False, allow_null=True, default=None)
    role = Choice(DECIDERS)
    count = Whole(min_value=1, max_value=9)


class GrantRecord(Record):
    """A standing authority of TARS."""

    id = serializers.UUIDField()
    state = Choice(["live", "expired", "revoked"])
    systems = serializers.ListField(child=Text(), help_text="none: every one")
    pointers = serializers.DictField(child=serializers.FloatField(allow_null=True))
    max_per_week = Whole()
    reason = Text()
    granted_by = Text()
    granted_at = Instant()
    expires_at = Instant()
    revoked_at = Instant(allow_null=True)
    revoked_because = Text(allow_blank=True)


class QuorumRecord(Record):
    id = serializers.UUIDField()
    type = Text()
    effect = Text()
    role = Text()
    count = Whole()


class DeputyRecord(Record):
    """Who stands in for whom, now or later. `counts` is false once the principal no longer holds the role."""

    id = serializers.UUIDField()
    principal = Text()
    deputy = Text()
    role = Text()
    starts_at = Instant()
    ends_at = Instant()
    registered_by = Text()
    counts = Flag()


class AuthorityRecord(Record):
    """Who may approve besides the people whose role it is. `used` counts what TARS approved alone in seven days."""

    grants = GrantRecord(many=True)
    used = Whole()
    quorums = QuorumRecord(many=True)
    deputies = DeputyRecord(many=True)
