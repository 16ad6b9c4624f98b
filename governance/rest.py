"""What every API view shares: what it takes and gives, scopes, strict bodies, ETags, cursor pages.

`endpoint` says once what a method takes and gives: the request is checked against it, and `governance.openapi` describes it.
`tarsweb.errors` turns refusals into problems. How to add one: docs/recipes/add-an-endpoint.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
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

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def scope(self, request: Request) -> Scope:
        """The caller's scope; raises `NotAllowed` for somebody who belongs to no tenant."""
        return scope_of(request._request)

    def reader(self, request: Request) -> Scope:
        """The scope of somebody who may read the record; raises `NotAllowed`."""
        scope = self.scope(request)
        scope.demand(Capability.READ_RECORD, to="read this")
        return scope


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one method of a view takes and gives."""

    gives: type[serializers.BaseSerializer[Any]] | None
    status: int
    takes: type[Body] | None
    query: type[Query] | None
    is_paged: bool
    is_tagged: bool
    takes_base: bool
    problems: tuple[type[DomainError], ...]


def endpoint(
    *,
    gives: type[serializers.BaseSerializer[Any]] | None,
    status: int = 200,
    takes: type[Body] | None = None,
    query: type[Query] | None = None,
    is_paged: bool = False,
    is_tagged: bool = False,
    takes_base: bool = False,
    problems: tuple[type[DomainError], ...] = (),
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Say what a view's method takes and gives; it is checked here and described in the schema from the same words.

    `takes` is the body, which arrives as `body=`; `query` the parameters, as `asked=`; an unknown member or parameter is refused.
    `gives` is the answer's shape (None: no content), one of many with `is_paged` (call `paging` and `paged`). `is_tagged`: given
    by `tagged`. `takes_base`: reads `If-Match`. `problems` are the verb's refusals beside those that every endpoint has.
    """

    def decorate(method: Callable[..., Response]) -> Callable[..., Response]:
        wanted = Nothing if takes is None and method.__name__ in {"post", "put", "patch"} else takes
        known = (PAGING if is_paged else frozenset()) | set(query().fields if query else ())

        @wraps(method)
        def handler(self: Face, request: Request, **kwargs: Any) -> Response:
            refuse_unknown(request, known)
            if query is not None:
                kwargs["asked"] = asked_of(request, query)
            if wanted is not None:
                body = body_of(request, wanted)
                kwargs |= {"body": body} if takes else {}
            return method(self, request, **kwargs)

        spoken = Spoken(gives, status, wanted, query, is_paged, is_tagged, takes_base, problems)
        handler.spoken = spoken  # type: ignore[attr-defined]
        return handler

    return decorate


def route(address: str, view: type[APIView], *, name: str, **settings: Any) -> list[URLPattern]:
    """An address of the API: its trailing slash may be left out and _ may be written as -; the schema shows it as given."""
    found = [path(address, view.as_view(**settings), name=name)]
    words = re.split(r"(<[^>]*>)", address.rstrip("/"))
    hyphened = "".join(word if word.startswith("<") else word.replace("_", "-") for word in words)
    for alias in sorted({address.rstrip("/"), f"{hyphened}/", hyphened} - {address}):
        also = view.as_view(**settings)
        also.is_alias = True  # type: ignore[attr-defined]
        found.append(path(alias, also))
    return found


class Text(serializers.CharField):
    """Text and nothing that could be turned into text."""

    default_error_messages = {"invalid": "must be text"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of the given words; anything else is refused with the list of them."""

    default_error_messages = {"invalid_choice": "must be one of {known}"}

    def __init__(self, choices: Iterable[str], **options: Any) -> None:
        self.words = [str(choice) for choice in choices]
        super().__init__(choices=self.words, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not (data in self.words or (not data and self.allow_blank)):
            self.fail("invalid_choice", known=", ".join(self.words))
        return data


class Whole(serializers.IntegerField):
    default_error_messages = {"invalid": "must be a whole number"}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "boolean"})
class Flag(serializers.Field):
    default_error_messages = {"invalid": "must be true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(serializers.Field):
    """RFC 3339 with an offset; a time without one means something else in every place."""

    default_error_messages = {"invalid": "must be a time with an offset, such as 2026-12-01T09:00:00Z"}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = parse_datetime(data) if isinstance(data, str) else None
            # in UTC: PostgreSQL knows no offset of sixteen hours and more, which RFC 3339 allows
            found = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
        except (ValueError, OverflowError):
            found = None
        if found is None:
            self.fail("invalid")
        return found


@extend_schema_field({"type": "object", "additionalProperties": True})
class Object(serializers.Field):
    default_error_messages = {"invalid": "must be an object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
class Operations(serializers.Field):
    default_error_messages = {"invalid": "must be a list of RFC 6902 operations"}

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        return data


@extend_schema_field({})
class Anything(serializers.Field):
    """Any JSON value."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class Record(serializers.Serializer[Any]):
    """The shape of an answer. It only describes: views answer with plain values, and the tests compare the two."""


class Query(serializers.Serializer[Any]):
    """The parameters an address takes, beside `limit` and `cursor` of a list."""


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


def asked_of(request: Request, kind: type[Query]) -> dict[str, Any]:
    """The request's parameters as `kind`; raises `Invalid` naming each wrong one."""
    given = {str(name): request.query_params[str(name)] for name in kind().fields if str(name) in request.query_params}
    serializer = kind(data=given)
    if not serializer.is_valid():
        found = tuple(_problems(serializer.errors))
        raise Invalid("A parameter has a value that does not exist; every fault is listed.", problems=found)
    asked: dict[str, Any] = serializer.validated_data
    return asked


def body_of(request: Request, kind: type[Body]) -> dict[str, Any]:
    """The request's body as `kind`; raises `Invalid` with a pointer for every fault."""
    serializer = kind(data=request.data)
    if not serializer.is_valid():
        found = tuple(_problems(serializer.errors))
        raise Invalid("The body is not what this takes; every fault is listed.", problems=found)
    body: dict[str, Any] = serializer.validated_data
    return body


def _problems(errors: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every fault with its JSON pointer, however deep it lies."""
    if isinstance(errors, dict):
        for name, found in errors.items():
            token = str(name).replace("~", "~0").replace("/", "~1")
            yield from _problems(found, pointer if name == "non_field_errors" else f"{pointer}/{token}")
    elif isinstance(errors, list) and any(isinstance(found, dict) for found in errors):
        for place, found in enumerate(errors):
            yield from _problems(found, f"{pointer}/{place}")
    else:
        for sentence in errors if isinstance(errors, list) else [errors]:
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
