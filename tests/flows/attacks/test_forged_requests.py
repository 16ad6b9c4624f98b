"""Requests that another site makes a signed-in browser send: refused on every route and every unsafe method."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, UUIDConverter
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize

from tests import factories as make
from tests.web import client_of

UNSAFE = ("post", "put", "patch", "delete")
UUID = "0198c0de-0000-7000-8000-000000000001"
SAMPLES = ("x", "1", UUID, "governance", "rename", "company")


def _value(converter: object) -> str:
    if isinstance(converter, IntConverter):
        return "1"
    return UUID if isinstance(converter, UUIDConverter) else "x"


def _text(pattern: Any) -> str:
    """One address that the pattern stands for."""
    if isinstance(pattern, RoutePattern):
        text = str(pattern)
        for name, converter in pattern.converters.items():
            kind = next(part for part in text.split("<")[1:] if part.split(">")[0].split(":")[-1] == name).split(">")[0]
            text = text.replace(f"<{kind}>", _value(converter))
        return text
    text, names = normalize(str(pattern))[0]
    filled = (text % dict(zip(names, values, strict=True)) for values in itertools.product(SAMPLES, repeat=len(names)))
    return next(one for one in filled if pattern.regex.search(one))


def addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address of the product, with made-up ids and words."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = prefix + _text(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, here)
        elif isinstance(entry, URLPattern):
            yield here


def _is_alias(address: str, known: list[str]) -> bool:
    """The API serves each view under spellings of its address, which share everything."""
    return f"{address}/" in known or ("-" in address and address.replace("-", "_") in known)


def test_every_route__unsafe_method_without_the_token__refused(settings: Any) -> None:
    settings.API_RATE = 100_000
    cast = make.cast()
    client = Client(enforce_csrf_checks=True)
    signed_in = client_of(cast.tess)
    client.cookies = signed_in.cookies
    found = sorted(set(addresses()))
    found = [address for address in found if not (address.startswith("/api/") and _is_alias(address, found))]
    assert len(found) > 150 and "/accounts/login/" in found and "/admin/" in found
    let_through = [
        (method, address, status)
        for address in found
        for method in UNSAFE
        if (status := getattr(client, method)(address, content_type="application/json").status_code) != 403
    ]
    assert let_through == []


def test_page_of_the_refusal__says_what_happened_and_what_to_do() -> None:
    cast = make.cast()
    client = Client(enforce_csrf_checks=True)
    client.cookies = client_of(cast.ada).cookies
    page = client.post("/tenants/switch/", {"tenant": str(cast.tenant.id)}).content.decode()
    assert "too old to be trusted" in page and "Nothing was changed. Go back, reload the page" in page


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_token_from_another_origin__does_not_help(origin: str) -> None:
    cast = make.cast()
    client = Client(enforce_csrf_checks=True)
    client.cookies = client_of(cast.ada).cookies
    client.get("/accounts/")
    token = next(value.value for name, value in client.cookies.items() if "csrf" in name)
    response = client.post("/accounts/", {"name": "Eve", "csrfmiddlewaretoken": token}, headers={"origin": origin})
    assert response.status_code == 403
