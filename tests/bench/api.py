"""The API's lists of 50 against a bare DRF list view of the same rows, in one process, through the same client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tarsweb.home import Home
from tests.bench.measure import Row, interleaved

ROWS = 50
TIMES = 10


def bench_lists(home: Home) -> list[Row]:
    """Requests a second of a bare list ÷ those of ours: the bar is that ours cost at most twice as much."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from governance.scope import Capability
    from governance.tokens.actions import issue_token
    from governance.web import now
    from tests import factories as make

    cast = make.cast()
    for step in range(ROWS):
        make.proposed(cast, fallback_delay_ms=100 + step)
    scopes = [Capability.READ_RECORD]
    issued = issue_token(scope=cast.bo, name="Bench", scopes=scopes, days=1, at=now())
    client = Client(headers={"Authorization": f"Bearer {issued.secret}", "Host": "127.0.0.1"})
    settings.API_RATE = 10**9
    rows = []
    with _bare_view(cast.tenant.id):

        def ask(path: str) -> Callable[[], None]:
            def work() -> None:
                for _ in range(TIMES):
                    answer = client.get(path)
                    assert answer.status_code == 200, answer.content
                    assert len(answer.json()["results"]) == ROWS, len(answer.json()["results"])

            return work

        for _ in range(2):
            ask("/api/v1/amendments/?limit=50")(), ask("/bare/amendments/")()
        mine, peer, ratio = interleaved(ask("/api/v1/amendments/?limit=50"), ask("/bare/amendments/"), rounds=9)
        with CaptureQueriesContext(connection) as seen:
            client.get("/api/v1/amendments/?limit=50")
        told = f"{mine / TIMES * 1000:.1f} ms against {peer / TIMES * 1000:.1f} ms, {len(seen)} statements"
        rows.append(Row("API, list of 50 amendments: time against a bare DRF list", ratio, "<= 2.0", told))
    return rows


def _bare_view(tenant_id: Any) -> Any:
    """A plain `ListAPIView` with a `ModelSerializer` over the same rows and session-free, at /bare/amendments/."""
    import sys
    from types import ModuleType

    from django.test.utils import override_settings
    from django.urls import include, path
    from rest_framework import generics, serializers
    from rest_framework.pagination import PageNumberPagination

    from governance.amendments.models import AmendmentProposal
    from governance.tenancy import in_tenant

    class Plain(serializers.ModelSerializer):
        system = serializers.CharField(source="system.name")

        class Meta:
            model = AmendmentProposal
            fields = [
                "number",
                "state",
                "system",
                "amendment_type",
                "basis",
                "effect",
                "sentence",
                "proposed_by",
                "created_at",
                "updated_at",
                "expires_at",
                "effective_at",
                "revision",
            ]

    class Fifty(PageNumberPagination):
        page_size = ROWS

    class Bare(generics.ListAPIView):
        authentication_classes, permission_classes = (), ()
        serializer_class, pagination_class = Plain, Fifty
        queryset = AmendmentProposal.objects.select_related("system").order_by("-number")

        def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            with in_tenant(tenant_id):
                return super().get(request, *args, **kwargs)

    module = ModuleType("tests.bench.bare_urls")
    module.urlpatterns = [path("bare/amendments/", Bare.as_view()), path("", include("tarsweb.urls"))]  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    return override_settings(ROOT_URLCONF=module.__name__)
