"""The OpenAPI document is served, is valid, and leaves no address out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

import jsonschema_rs
import yaml
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS

from governance.rest import Face

METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


def views(patterns: Iterable[Any] = (), *, below: str = "") -> Iterator[tuple[str, type[Face]]]:
    """Every view of the API with its address."""
    for pattern in patterns or get_resolver().url_patterns:
        address = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, below=address)
        elif isinstance(pattern, URLPattern) and address.startswith("api/v1/"):
            view = getattr(pattern.callback, "cls", None)
            assert view is not None and issubclass(view, Face), f"{address} is no Face"
            if not getattr(pattern.callback, "is_alias", False) and not getattr(view, "is_hidden", False):
                yield address, view


def test_document__is_openapi_31__made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    found = document()
    assert found["openapi"] == "3.1.0"
    # drf-spectacular's own check reads the same rules in Python, which takes a thousand times as long.
    rules = json.loads((files("drf_spectacular.validation") / "openapi_3_1_schema.json").read_text())
    known = jsonschema_rs.validator_for(rules)
    known.validate(found)
    assert not known.is_valid({**found, "paths": {**found["paths"], "/x/": {"get": {"responses": 3}}}})
    assert not GENERATOR_STATS, (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)


def test_document__as_yaml__is_the_same() -> None:
    asked = Client().get("/api/schema/?format=yaml")
    accepted = Client().get("/api/schema/", headers={"Accept": "application/yaml"})
    assert asked["Content-Type"] == accepted["Content-Type"] == "application/yaml"
    assert asked.content == accepted.content
    assert yaml.load(asked.content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) == document()


def test_every_route__is_in_the_document__with_every_method() -> None:
    paths = document()["paths"]
    spoken = [(_as_path(address), method) for address, view in views() for method in METHODS if hasattr(view, method)]
    assert [one for one in spoken if one[1] not in paths.get(one[0], {})] == []
    assert len(spoken) == sum(len(methods) for methods in paths.values())


def test_operations__have_names_of_their_own__and_say_what_they_are() -> None:
    operations = [one for found in document()["paths"].values() for one in found.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    assert [one["operationId"] for one in operations if not one.get("description")] == []


def test_operations__name_their_problems_and_how_to_sign_in() -> None:
    found = document()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            statuses = set(operation["responses"])
            assert {"401", "403", "406", "422", "429", "500"} <= statuses, (path, method)
            assert ("404" in statuses) == ("{" in path or method != "get"), (path, method)
            assert method == "get" or {"409", "413", "415"} <= statuses, (path, method)
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, method, status)
    assert json.dumps(found)


def _as_path(address: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)
