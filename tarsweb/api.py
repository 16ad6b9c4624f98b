"""What stands around the API's views: the answer for an unknown address, the schema."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Face
from governance.web import scoped


class Unknown(Face):
    """Anything else under the API's address."""

    is_hidden = True

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.http_method_not_allowed = self._nothing  # type: ignore[method-assign]
        return super().dispatch(request, *args, **kwargs)

    def _nothing(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Http404


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document: JSON, or YAML to `?format=yaml` and to who accepts only that."""
    wants_yaml = request.GET.get("format") == "yaml" or "yaml" in request.headers.get("Accept", "")
    kind = "application/yaml" if wants_yaml else "application/json"
    return HttpResponse(_text(is_yaml=wants_yaml), content_type=kind, headers={"Vary": "Accept"})


@require_safe
@scoped(None)
def home(request: HttpRequest) -> HttpResponse:
    """The API for people: how to begin, and every address with what it does."""
    operations = [
        (method.upper(), path, operation["description"])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
    context = {"base": settings.PUBLIC_URL.rstrip("/"), "rate": settings.API_RATE, "operations": operations}
    return render(request, "tarsweb/api/page.html", context)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document of this process's code."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=2)
def _text(*, is_yaml: bool) -> bytes:
    if is_yaml:
        # The writer in C where the library has it: the document is long.
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        return str(yaml.dump(document(), Dumper=dumper, sort_keys=False, allow_unicode=True)).encode()
    return json.dumps(document(), indent=2, ensure_ascii=False).encode()
