"""What the API takes and answers about people; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text
from governance.scope import Role

_ROLES = [role.value for role in Role]


class PeopleQuery(Query):
    """The filters of the page of that name."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in name or e-mail address")
    role = Choice(_ROLES, required=False, allow_blank=True)
    factor = Choice(["set", "none"], required=False, allow_blank=True, help_text="whether a second factor is set up")
    state = Choice(["current", "ended"], required=False, default="current")


class Person(Record):
    """A person of the tenant. `deputies` stand in now; `waits_for_them_alone` are decisions that nobody else can answer."""

    id = serializers.UUIDField()
    name = Text()
    email = Text()
    roles = serializers.ListField(child=Choice(_ROLES))
    since = Instant()
    ended_at = Instant(allow_null=True)
    last_sign_in = Instant(allow_null=True)
    has_second_factor = Flag()
    deputies = serializers.ListField(child=Text())
    waits_for_them_alone = serializers.ListField(child=Text())


class NewRoles(Body):
    """Every role the person holds from now on, and why."""

    roles = serializers.ListField(child=Choice(_ROLES), min_length=1, max_length=len(_ROLES))
    reason = Text(max_length=2000)


class Departure(Record):
    """What moves, stays or ends when the membership ends, one sentence each."""

    moves = serializers.ListField(child=Text())


class Ending(Body):
    """Why a membership ends."""

    reason = Text(required=False, default="", allow_blank=True, max_length=2000)


class Wish(Body):
    """Whom to ask in, as what."""

    email = serializers.EmailField()
    name = Text(required=False, default="", allow_blank=True, max_length=200)
    roles = serializers.ListField(child=Choice(_ROLES), min_length=1, max_length=len(_ROLES))


class Invitation(Record):
    """An invitation that nobody accepted or revoked yet."""

    id = serializers.UUIDField()
    email = Text()
    name = Text(allow_blank=True)
    roles = serializers.ListField(child=Choice(_ROLES))
    invited_by = Text()
    created_at = Instant()
    expires_at = Instant()
    is_expired = Flag()


class Invited(Invitation):
    """The same with its link: only now, and only where no mail leaves the machine; otherwise it is null and was mailed."""

    link = serializers.URLField(allow_null=True)


class Invitations(Record):
    """Newest first. There are never more than the tier has seats, and what expired."""

    results = Invitation(many=True)


class NewDeputy(Body):
    """Who stands in, in which role, from when until when."""

    deputy_id = serializers.UUIDField()
    role = Choice(_ROLES)
    starts_at = Instant()
    ends_at = Instant()


class Deputy(Record):
    """A deputy's time that is not over."""

    id = serializers.UUIDField()
    principal_id = serializers.UUIDField()
    principal = Text()
    deputy_id = serializers.UUIDField()
    deputy = Text()
    role = Text()
    starts_at = Instant()
    ends_at = Instant()
    has_started = Flag()


class Deputies(Record):
    """The first to start first."""

    results = Deputy(many=True)
