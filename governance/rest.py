"""What every API view shares: scopes, strict bodies, ETags, cursor pages. `tarsweb.errors` turns refusals into problems."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.errors import DomainError, Invalid
from governance.scope import Capability, Scope
from governance.web import scope_of

LIMIT, MOST = 50, 200
PAGING = frozenset({"limit", "cursor"})


class PreconditionMissing(DomainError):
    """A change does not say which version it was made from."""

    code = "precondition_required"
    status = 428


class PreconditionFailed(DomainError):
    """The thing is not the one that `If-Match` names."""

    code = "precondition_failed"
    status = 412


class Face(APIView):
    """What every view shares: the scope of the caller."""

    def scope(self, request: Request) -> Scope:
        """The caller's scope; raises `NotAllowed` for somebody who belongs to no tenant."""
        return scope_of(request._request)

    def reader(self, request: Request) -> Scope:
        """The scope of somebody who may read the record; raises `NotAllowed`."""
        scope = self.scope(request)
        scope.demand(Capability.READ_RECORD, to="read this")
        return scope


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


def tagged(request: Request, record: dict[str, Any], *, digest: str) -> Response:
    """The record with its ETag, or 304 to somebody who has it."""
    tag = f'"{digest}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if tag in known:
        return Response(status=304, headers={"ETag": tag})
    return Response(record, headers={"ETag": tag, "Cache-Control": "private, no-cache"})


def refuse_unknown(request: Request, known: set[str] | frozenset[str]) -> None:
    """Raise `Invalid` for a query parameter that is not known: ignoring one would answer another question."""
    if unknown := sorted(set(request.query_params) - known):
        problems = tuple((f"/{name}", "is not a known parameter") for name in unknown)
        raise Invalid(
            f"{unknown[0]} is not a known parameter. Known are {', '.join(sorted(known)) or 'none'}.", problems=problems
        )


def paging(request: Request) -> tuple[int, str]:
    """How many, and after which ("" from the start); raises `Invalid`."""
    text = request.query_params.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise Invalid(f"limit is a number from 1 to {MOST}.", problems=(("/limit", "is out of range"),))
    cursor = request.query_params.get("cursor", "")
    try:
        after = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
        if "\x00" in after:
            raise ValueError
        return int(text), after
    except (binascii.Error, ValueError):
        raise unknown_cursor() from None


def unknown_cursor() -> Invalid:
    return Invalid("The cursor is not one that was given out.", problems=(("/cursor", "is unknown"),))


def paged(request: Request, results: list[dict[str, Any]], *, next_after: str | None) -> Response:
    """A page; `next` is the address of the one after it, or null."""
    address = None
    if next_after is not None:
        cursor = base64.urlsafe_b64encode(next_after.encode()).decode()
        kept = {name: request.query_params[name] for name in request.query_params if name != "cursor"}
        address = f"{request.path}?{urlencode({**kept, 'cursor': cursor})}"
    return Response({"results": results, "next": address})
