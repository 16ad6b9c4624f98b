"""What the API takes and answers about systems and their versions; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.constitution.diff import Effect
from governance.registry.models import Cause, Deployment, Lifecycle, Status, SystemType
from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Registration(Body):
    """A new system with its first constitution."""

    name = serializers.RegexField(NAME, max_length=80, help_text="how everybody will call it, for good")
    type = Choice(SystemType.values)
    constitution = Object()
    description = Text(required=False, default="", allow_blank=True, max_length=2000)
    deployment_type = Choice(Deployment.values, required=False, allow_null=True, default=None)
    endpoint_url = serializers.URLField(required=False, allow_null=True, default=None)
    api_key_required = Flag(required=False, default=True)
    documentation_url = serializers.URLField(required=False, allow_null=True, default=None)
    github_repo = serializers.URLField(required=False, allow_null=True, default=None)


class Needs(Body):
    """Everything the system depends on from now on, by name."""

    depends_on = serializers.ListField(child=Text(), max_length=200)


class SystemQuery(Query):
    """The filters of the page of that name."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in name or description")
    type = Choice(SystemType.values, required=False, allow_blank=True)
    status = Choice(Status.values, required=False, allow_blank=True)


class System(Record):
    name = Text()
    type = Choice(SystemType.values)
    description = Text(allow_blank=True)
    status = Choice(Status.values)
    lifecycle_state = Choice(Lifecycle.values)
    version = Text()
    constitution_version = Whole()
    constitution_digest = Text()
    capabilities = serializers.ListField(child=Text())
    updated_at = Instant()


class WholeSystem(System):
    """With its constitution."""

    constitution = Object()


class Version(Record):
    """One version and why it exists."""

    number = Whole()
    at = Instant()
    by = Text()
    cause = Choice(Cause.values)
    digest = Text()
    amendment = Text(allow_null=True, help_text="AMD-42; null for the first version")
    sentence = Text(allow_blank=True)
    effect = Choice(Effect, allow_blank=True)
    rolled_back_at = Instant(allow_null=True)


class WholeVersion(Version):
    """With its constitution."""

    constitution = Object()


class Dependency(Record):
    """`through` names the direct neighbour by which a distant one is reached."""

    name = Text()
    type = Choice(SystemType.values)
    status = Choice(Status.values)
    through = Text(allow_blank=True)


class Dependencies(Record):
    needs = Dependency(many=True)
    needs_beyond = Dependency(many=True)
    needed_by = Dependency(many=True)
    needed_by_beyond = Dependency(many=True)


class StatusChange(Body):
    """Whether the system gets new work from now on."""

    status = Choice(Status.values)
    reason = Text(max_length=500, help_text="stands on the ledger")
    seen = Text(max_length=100, help_text="`digest` of GET: what hangs on the system was looked at")


class Thing(Record):
    name = Text()
    url = Text(allow_blank=True)
    note = Text(allow_blank=True, help_text="where or how it names the system")


class Touched(Record):
    """Everything of one kind that hangs on the system."""

    code = Text(help_text="needed_by, named_by, assets, tokens, router, fallback, rules, alternatives, work")
    title = Text()
    consequence = Text(help_text="what becomes of it when the system is not active")
    total = Whole()
    things = Thing(many=True)


class Impact(Record):
    """What hangs on a system. `digest` changes when any of it does, requests under way left out."""

    system = Text()
    status = Choice(Status.values)
    digest = Text()
    work = Whole(help_text="requests that wait for it or run on it")
    touched = Touched(many=True)


class CompareQuery(Query):
    """Versions by number, or moments at which they held; without them the last change."""

    to = Text(required=False, max_length=40)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a word of Python's."""
        return {"from": Text(required=False, max_length=40), **super().get_fields()}


class Said(Record):
    """One change; `old` and `new` are empty where there was or is nothing."""

    pointer = Text(allow_blank=True)
    sentence = Text()
    effect = Choice(Effect)
    old = Text(allow_blank=True)
    new = Text(allow_blank=True)


class Comparison(Record):
    old = Version()
    new = Version()
    sentence = Text(allow_blank=True)
    effect = Choice(Effect)
    changes = Said(many=True)


class BlameQuery(Query):
    pointer = Text(
        required=False, allow_blank=True, max_length=2000, help_text="only what lies there and below (RFC 6901)"
    )


class Set(Record):
    """A value, and the version that last set it."""

    pointer = Text(allow_blank=True)
    value = Anything(allow_null=True)
    version = Version()
    is_oldest = Flag(help_text="that version, or one before it")
