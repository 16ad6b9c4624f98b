"""Help stands at the same place on every page and opens the article for it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tarsweb.help.articles import ARTICLES, article_of
from tests import factories as make
from tests.web import client_of

# Pages without an article of their own; the help's own are help.
BARE = {"guide", "help"}


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)
def test_article__shows_to_anybody(article: object) -> None:
    response = Client().get(f"/help/{article.slug}/")  # type: ignore[attr-defined]
    assert response.status_code == 200
    assert "<h2>" in response.content.decode()


@pytest.mark.parametrize(
    ("page", "slug"),
    [
        ("inbox:list", "inbox"),
        ("amendments:detail", "amendment"),
        ("amendments:list", "amendments"),
        ("amendments:roll_back", "rolling-back"),
        ("account_login", "account"),
        ("admin:index", "data-fixes"),
        ("jobs:detail", "jobs"),
    ],
)
def test_page__has_its_article(page: str, slug: str) -> None:
    article = article_of(page)
    assert article is not None and article.slug == slug
    assert Client().get(f"/help/?page={page}")["Location"] == f"/help/{slug}/"


def test_unknown_page__lists_all() -> None:
    text = Client().get("/help/?page=no:such").content.decode()
    assert all(f'href="/help/{article.slug}/"' in text for article in ARTICLES)
    assert Client().get("/help/no-such/").status_code == 404


def test_every_namespace_of_pages__has_an_article() -> None:
    spaces = {
        pattern.namespace
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLResolver) and pattern.namespace and not isinstance(pattern, URLPattern)
    }
    assert {space for space in spaces - BARE if article_of(f"{space}:x") is None} == set()


@pytest.mark.parametrize(
    "path", ["/", "/inbox/", "/amendments/", "/systems/", "/ledger/", "/jobs/", "/webhooks/", "/no/"]
)
def test_frame__links_to_the_pages_own_article__in_the_same_place(path: str) -> None:
    text = client_of(make.cast().tess).get(path).content.decode()
    bar = text.partition("<header")[2].partition("</header>")[0]
    links = re.findall(r'href="(/help/[^"]*)"', bar)
    assert len(links) == 1
    assert links[0].startswith("/help/?page=") or path == "/no/"


def test_sign_in__has_help_too() -> None:
    assert "/help/?page=account_login" in Client().get("/accounts/login/").content.decode()
