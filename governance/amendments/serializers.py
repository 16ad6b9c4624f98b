"""Bodies that the API takes: the known members, of exactly the right types; anything else is named by pointer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request

from governance.amendments.kinds import AmendmentType, Basis
from governance.errors import Invalid


class Text(serializers.CharField):
    """Text and nothing that could be turned into text."""

    default_error_messages = {"invalid": "must be text"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    default_error_messages = {"invalid": "must be a whole number"}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.Field):
    default_error_messages = {"invalid": "must be true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Instant(serializers.Field):
    """RFC 3339 with an offset; a time without one means something else in every place."""

    default_error_messages = {"invalid": "must be a time with an offset, such as 2026-12-01T09:00:00Z"}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail("invalid")
        return moment


class Object(serializers.Field):
    default_error_messages = {"invalid": "must be an object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


class Operations(serializers.Field):
    default_error_messages = {"invalid": "must be a list of RFC 6902 operations"}

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        return data


class Body(serializers.Serializer[Any]):
    """A body with known members only."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, "is not a known member"))
        return super().to_internal_value(data)


class Nothing(Body):
    """An empty object."""


class Because(Body):
    """Words about what is done, under `note` or `reason`; they arrive as `words`, "" when nothing is said."""

    note = Text(required=False, allow_blank=True, max_length=4000)
    reason = Text(required=False, allow_blank=True, max_length=4000)

    def validate(self, attrs: Any) -> Any:
        said = {attrs.pop(name) for name in ("note", "reason") if name in attrs}
        if len(said) > 1:
            raise serializers.ValidationError({"reason": "says something else than note; give one of them"})
        return {**attrs, "words": said.pop() if said else ""}


class Answer(Because):
    """One signed answer. `password` is the one-time code of somebody who has set one up."""

    digest = Text()
    password = Text(trim_whitespace=False)


class Approval(Answer):
    override = Flag(required=False, default=False)


class Change(Body):
    """A new constitution, whole or as a patch of today's, with what it was made from."""

    constitution = Object(required=False)
    patch = Operations(required=False)
    evidence = Object(required=False, default=dict)
    base_version = Whole(required=False, min_value=1)
    effective_at = Instant(required=False, allow_null=True, default=None)

    def validate(self, attrs: Any) -> Any:
        if ("constitution" in attrs) == ("patch" in attrs):
            raise serializers.ValidationError({"constitution": "give either constitution or patch"})
        return attrs


class Proposal(Change):
    system = Text()
    amendment_type = serializers.ChoiceField(choices=[type.value for type in AmendmentType])
    basis = serializers.ChoiceField(choices=[basis.value for basis in Basis], default=Basis.ORDINARY.value)
    draft = Flag(required=False, default=False)


class Revision(Change):
    reason = Text(required=False, default="", allow_blank=True, max_length=500)


def body_of(request: Request, kind: type[Body]) -> dict[str, Any]:
    """The request's body as `kind`; raises `Invalid` with a pointer for every fault."""
    serializer = kind(data=request.data)
    if not serializer.is_valid():
        found = tuple(_problems(serializer.errors))
        raise Invalid("The body is not what this takes; every fault is listed.", problems=found)
    body: dict[str, Any] = serializer.validated_data
    return body


def _problems(errors: Any) -> Iterator[tuple[str, str]]:
    for name, found in errors.items():
        token = str(name).replace("~", "~0").replace("/", "~1")
        pointer = "" if name == "non_field_errors" else f"/{token}"
        for sentence in found if isinstance(found, list) else [found]:
            yield pointer, str(sentence)
