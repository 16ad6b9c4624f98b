"""Which article belongs to which page, and the link in the frame that opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject


@dataclass(frozen=True, slots=True)
class Article:
    """`pages` are view names, or namespaces with a colon at the end; the most exact one wins. `url_name` is the page's."""

    slug: str
    title: str
    pages: tuple[str, ...]
    url_name: str = ""

    @property
    def template(self) -> str:
        return f"tarsweb/help/articles/{self.slug}.html"


ARTICLES = (
    Article("overview", "Overview", ("overview:",), "overview:home"),
    Article("figures", "Figures", ("overview:figures",), "overview:figures"),
    Article("inbox", "Inbox", ("inbox:",), "inbox:list"),
    Article("amendment", "An amendment", ("amendments:detail", "discussion:", "files:")),
    Article("amendments", "Amendments", ("amendments:", "searches:"), "amendments:list"),
    Article("proposing", "Proposing a change", ("amendments:propose", "amendments:revise"), "amendments:propose"),
    Article("rolling-back", "Rolling back", ("amendments:roll_back",)),
    Article("guardrails", "Guardrails", ("guardrails:",), "guardrails:list"),
    Article("dreams", "Dreams", ("dreams:",), "dreams:list"),
    Article("systems", "Systems", ("systems:",), "systems:list"),
    Article("connectors", "Connectors", ("connectors:",), "connectors:list"),
    Article("telemetry", "Telemetry", ("telemetry:",), "telemetry:calls"),
    Article("assets", "Assets", ("assets:",), "assets:list"),
    Article("asking", "Asking", ("ask:",), "ask:page"),
    Article("archives", "Ageing and archives", ("lifecycle:",), "lifecycle:page"),
    Article("executions", "Executions", ("executions:",), "executions:list"),
    Article("routing", "Routing", ("routing:",), "routing:list"),
    Article("learned-rules", "Learned rules", ("learning:",), "learning:list"),
    Article("what-if", "What if", ("whatif:",), "whatif:list"),
    Article("e-stop", "E-stop", ("estop:",), "estop:page"),
    Article("re-elicitation", "Scenarios", ("elicitation:",), "elicitation:list"),
    Article("drift", "Drift", ("drift:",)),
    Article("law", "Law", ("lawbook:",), "lawbook:law"),
    Article("rulebook", "The rulebook", ("rulebook:", "sessions:", "amendments:replay"), "rulebook:rules"),
    Article("authority", "Authority", ("amendments:authority",), "amendments:authority"),
    Article("budgets", "Budgets", ("budgets:",), "budgets:list"),
    Article("ledger", "Ledger", ("ledger:", "exports:"), "ledger:list"),
    Article("people", "People", ("people:", "tenants:", "invitation"), "people:list"),
    Article("tenants", "Tenants", ("platform:",)),
    Article("notices", "Notices and mail", ("notices:",)),
    Article("programs", "Tokens and webhooks", ("webhooks:", "tokens:"), "webhooks:list"),
    Article("jobs", "Jobs", ("jobs:",), "jobs:list"),
    Article("health", "Health", ("health:", "demo:"), "health:page"),
    Article(
        "account", "Signing in and your account", ("account:", "account_", "mfa_", "usersessions_", "socialaccount_")
    ),
    Article("data-fixes", "Data fixes", ("admin:",)),
    Article("words", "Words", ()),
)


def article_of(page: str) -> Article | None:
    """The article for a page by its view name; None when there is none."""
    fitting = [(len(known), article) for article in ARTICLES for known in article.pages if _fits(page, known)]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def found(slug: str) -> Article | None:
    return next((article for article in ARTICLES if article.slug == slug), None)


def help_here(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `{{ help_url }}`, the help for the page that is being drawn."""
    return {"help_url": SimpleLazyObject(lambda: _here(request))}


def _here(request: HttpRequest) -> str:
    match = getattr(request, "resolver_match", None)
    page = match.view_name if match else ""
    index = reverse("help:index")
    return f"{index}?{urlencode({'page': page})}" if page and not page.startswith("help:") else index


def _fits(page: str, known: str) -> bool:
    return page.startswith(known) if known.endswith((":", "_")) else page == known
