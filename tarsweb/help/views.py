from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tarsweb.help.articles import ARTICLES, article_of, found


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every article; `?page=` with a view name goes to the one for that page."""
    article = article_of(request.GET.get("page", ""))
    if article is not None:
        return redirect("help:article", slug=article.slug)
    return render(request, "tarsweb/help/index.html", {"articles": ARTICLES})


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    one = found(slug)
    if one is None:
        raise Http404
    return render(request, "tarsweb/help/article.html", {"article": one, "articles": ARTICLES})
