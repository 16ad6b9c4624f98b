"""What the API takes and answers about tokens; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Record, Text, Whole
from governance.scope import ActorKind, Capability, Role
from governance.tokens.actions import MOST_DAYS


class Wish(Body):
    """The token that is wanted. Without `system` it speaks for the person who asks."""

    name = Text(max_length=80)
    scopes = serializers.ListField(child=Choice(Capability), min_length=1, max_length=len(Capability))
    days = Whole(required=False, default=90, min_value=1, max_value=MOST_DAYS)
    system = Text(required=False, default="", allow_blank=True)


class Token(Record):
    id = serializers.UUIDField()
    name = Text()
    prefix = Text(help_text="the part that people see")
    holder = Text(help_text="the person's e-mail address or the system's name")
    kind = Choice(["person", "system"])
    scopes = serializers.ListField(child=Choice(Capability))
    state = Choice(["live", "expired", "revoked"])
    created_by = Text()
    created_at = Instant()
    expires_at = Instant()
    last_used_at = Instant(allow_null=True)
    revoked_at = Instant(allow_null=True)
    revoked_because = Text(allow_blank=True)


class Issued(Token):
    """The new token with its secret, which is shown this once."""

    secret = Text()


class Tenant(Record):
    id = serializers.UUIDField()
    name = Text()


class Me(Record):
    """Who asks, and what they may do."""

    tenant = Tenant()
    actor = Text(help_text="the person's e-mail address, or the system's name with (agent)")
    kind = Choice([ActorKind.PERSON, ActorKind.SYSTEM])
    roles = serializers.ListField(child=Choice(Role))
    grants = serializers.ListField(
        child=Choice(Capability), allow_null=True, help_text="of the token; null for a session"
    )
    may = serializers.ListField(child=Choice(Capability), help_text="what is left of the grants today")
    is_visit = Flag(help_text="platform staff who visit the tenant")
