"""The OpenAPI document, read off what `governance.rest.endpoint` says about each method; nothing is described twice."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.rest import LIMIT, MOST, Body, PreconditionFailed, PreconditionMissing, Record, Spoken, Text, Whole

PROBLEM: Final = "application/problem+json"
_EVERYWHERE: Final = {
    400: "bad_request: the request cannot be read.",
    401: "not_authenticated: no token and no session, or a token that is wrong, expired or revoked.",
    403: "not_allowed: your role or your token does not hold what this takes, or a session wrote without its CSRF token.",
    406: "not_acceptable: this API speaks JSON.",
    429: "throttled: too many requests in this minute; Retry-After says how long to wait.",
    500: "internal_error: a fault of TARS, logged under request_id.",
    503: "unavailable: the service is not ready; try again.",
}
_WRITING: Final = {
    409: "in_progress: a request with this Idempotency-Key is still running.",
    413: "too_large: the body is over 6 MB.",
    415: "unsupported_media_type: send application/json.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "governance.tokens.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token of a person or a system: tars_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        said = "The session of a signed-in person; what writes also sends the CSRF token in X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": said}


class Fault(serializers.Serializer[Any]):
    """One fault, with a JSON pointer into the body or /name of a parameter."""

    pointer = Text(allow_blank=True)
    detail = Text()


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = Text(help_text="urn:tars:problem:{code}")
    title = Text()
    status = Whole()
    detail = Text(help_text="what happened and what to do")
    instance = Text(help_text="urn:tars:request:{request_id}")
    code = Text()
    request_id = Text()
    errors = Fault(many=True)  # type: ignore[assignment]
    link = serializers.URLField(required=False, help_text="the page on which a person can do what is missing")


class Schema(AutoSchema):
    """Reads `endpoint`'s words."""

    @property
    def spoken(self) -> Spoken:
        method = getattr(self.view, self.method.lower())
        try:
            spoken: Spoken = method.spoken
        except AttributeError:
            raise TypeError(f"{self.method} {self.path} does not say what it takes and gives: use @endpoint") from None
        return spoken

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        for status, response in (operation or {}).get("responses", {}).items():
            response["headers"] = _headers(self.spoken, int(status))
        return operation

    def get_description(self) -> str:  # type: ignore[override]
        """The verb's first paragraph where the route names one, else the method's."""
        method = getattr(self.view, self.method.lower())
        said = inspect.getdoc(getattr(self.view, "run", None) or method) or ""
        return re.split(r"\n\n|\s+Raises? ", said)[0]

    def get_operation_id(self) -> str:
        """`get_amendments_number` for GET /api/v1/amendments/AMD-{number}/."""
        words = re.findall(r"\w+", self.path.removeprefix(self.path_prefix).replace("AMD-", ""))
        return "_".join([self.method.lower(), *words])

    def get_tags(self) -> list[str]:
        return self.path.removeprefix(self.path_prefix).strip("/").split("/")[:1]

    def get_request_serializer(self) -> Any:
        return self.spoken.takes

    def get_override_parameters(self) -> list[Any]:
        spoken = self.spoken
        found: list[Any] = [spoken.query] if spoken.query else []
        if spoken.is_paged:
            limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
            found.append(OpenApiParameter("limit", limit, description="how many at most"))
            found.append(OpenApiParameter("cursor", str, description="from `next` of the page before"))
        if spoken.is_tagged:
            found.append(_header("If-None-Match", "an ETag: 304 while it is still that"))
        if spoken.takes_base:
            found.append(_header("If-Match", "the system's ETag: the constitution this was made from"))
        if self.method != "GET":
            found.append(
                _header("Idempotency-Key", "any text of 1 to 200 characters; the first answer is kept for a day")
            )
        return found

    def get_response_serializers(self) -> Any:
        spoken = self.spoken
        found: dict[Any, Any] = {spoken.status: OpenApiResponse(_given(spoken), description=_phrase(spoken.status))}
        if spoken.is_tagged:
            found[304] = OpenApiResponse(description="You have it.")
        for status, description in sorted(self._problems(spoken).items()):
            found[status, PROBLEM] = OpenApiResponse(Problem, description=description)
        return found

    def _problems(self, spoken: Spoken) -> dict[int, str]:
        found = dict(_EVERYWHERE) | (_WRITING if self.method != "GET" else {})
        kinds: list[type[DomainError]] = [Invalid, *spoken.problems]
        kinds += [NotFound] if "{" in self.path or self.method != "GET" else []
        kinds += [PreconditionMissing, PreconditionFailed] if spoken.takes_base else []
        for kind in kinds:
            if kind is not NotAllowed:
                said = f"{kind.code}: {_first_line(kind)}"
                found[kind.status] = " ".join(filter(None, [found.get(kind.status), said]))
        return found

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """`amendments.Proposal`: two slices may each have a shape of one name; a body may share it with an answer."""
        name = type(serializer).__name__ + ("Body" if isinstance(serializer, Body) else "")
        places = type(serializer).__module__.split(".")
        return f"{places[1]}.{name}" if len(places) > 2 else name


def only_ours(endpoints: Iterable[tuple[str, str, str, Callable[..., Any]]], **_: Any) -> list[Any]:
    """Each address once, as `route` was given it, without the catch-all."""
    kept = []
    for path, regex, method, callback in endpoints:
        view = getattr(callback, "cls", None)
        if not getattr(callback, "is_alias", False) and view is not None and not getattr(view, "is_hidden", False):
            kept.append((path, regex, method, callback))
    return kept


def closed(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Bodies and answers hold the members listed and no others; a problem may gain some (RFC 9457 section 3.2)."""
    for name, schema in result["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in {"Problem", "Fault"}:
            schema["additionalProperties"] = False
    return result


def _given(spoken: Spoken) -> Any:
    if spoken.gives is None or not spoken.is_paged:
        return spoken.gives
    name = f"{spoken.gives.__name__}Page"
    members = {
        "results": spoken.gives(many=True),
        "next": serializers.CharField(allow_null=True, help_text="the address of the next page, or null"),
        "__module__": spoken.gives.__module__,
    }
    return type(name, (Record,), members)


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


def _headers(spoken: Spoken, status: int) -> Mapping[str, Any]:
    found = {"X-Request-ID": _said("string", "this request, for a question to the operators", required=True)}
    if status not in {400, 401, 413, 500, 503}:
        for name, meaning in (
            ("Limit", "requests a minute"),
            ("Remaining", "left of them"),
            ("Reset", "seconds to the next"),
        ):
            found[f"RateLimit-{name}"] = _said("integer", meaning)
    if status in {200, 304} and spoken.is_tagged:
        found["ETag"] = _said("string", "changes when this changes", required=True)
    if status in {201, 202}:
        found["Location"] = _said("string", "where it is", required=True)
    if status in {409, 429, 503}:
        found["Retry-After"] = _said("integer", "seconds to wait")
    if status == 401:
        found["WWW-Authenticate"] = _said("string", "Bearer", required=True)
    return found


def _said(kind: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}, **({"required": True} if required else {})}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _first_line(kind: type[DomainError]) -> str:
    return (kind.__doc__ or "").strip().split("\n")[0]
