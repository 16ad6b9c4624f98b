"""`/api/v1/`: nouns, and verbs as sub-resources; a trailing slash may be left out and _ may be - (docs/api.md)."""

from __future__ import annotations

from django.urls import path, re_path

from governance.amendments import api
from governance.jobs import api_urls as jobs

_ONE = r"^amendments/AMD-(?P<number>[0-9]{1,18})"

urlpatterns = [
    re_path(r"^systems/?$", api.Systems.as_view(), name="api-systems"),
    re_path(r"^systems/(?P<name>.+?)/?$", api.OneSystem.as_view(), name="api-system"),
    re_path(r"^amendments/?$", api.Amendments.as_view(), name="api-amendments"),
    path("amendments/AMD-<int:number>/", api.OneAmendment.as_view(), name="api-amendment"),
    re_path(rf"{_ONE}$", api.OneAmendment.as_view()),
    re_path(rf"{_ONE}/revise/?$", api.Revise.as_view(), name="api-revise"),
    re_path(rf"{_ONE}/roll[_-]back/?$", api.RollBack.as_view(), name="api-roll_back"),
    *(
        re_path(rf"{_ONE}/{verb.replace('_', '[_-]')}/?$", api.Act.as_view(verb=verb), name=f"api-{verb}")
        for verb in api.VERBS
    ),
    *jobs.urlpatterns,
    re_path(r"^", api.Unknown.as_view()),
]
