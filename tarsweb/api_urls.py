"""`/api/v1/`: every slice's addresses (docs/recipes/add-an-endpoint.md). The last line is everything else."""

from __future__ import annotations

from django.urls import re_path

from billing.budgets import api_urls as budgets
from dreams.cycles import api_acts_urls as dream_acts
from dreams.cycles import api_urls as dreams
from dreams.elicitation import api_urls as elicitation
from dreams.guardrails import api_urls as guardrails
from governance.amendments import api_urls as amendments
from governance.assets import api_urls as assets
from governance.audit import api_urls as audit
from governance.drift import api_urls as drift
from governance.estop import api_urls as estop
from governance.exports import api_urls as exports
from governance.files import api_urls as files
from governance.jobs import api_urls as jobs
from governance.lawbook import api_urls as lawbook
from governance.notices import api_urls as notices
from governance.registry import api_urls as registry
from governance.rulebook import case_api_urls as rulebook_cases
from governance.rulebook import decide_api_urls as rulebook_decide
from governance.rulebook import session_api_urls as sessions
from governance.searches import api_urls as searches
from governance.tokens import api_urls as tokens
from governance.webhooks import api_urls as webhooks
from routing.connectors import api_urls as connectors
from routing.executions import api_urls as executions
from routing.learning import api_urls as learning
from routing.lifecycle import api_urls as lifecycle
from routing.router import api_urls as router
from routing.telemetry import api_urls as telemetry
from routing.whatif import api_urls as whatif
from tarsweb.api import Unknown
from tarsweb.health import api as health
from tarsweb.inbox import api_urls as inbox
from tarsweb.people import api_urls as people
from tarsweb.platform import api_urls as platform

urlpatterns = [
    *amendments.urlpatterns,
    *assets.urlpatterns,
    *audit.urlpatterns,
    *connectors.urlpatterns,
    *dream_acts.urlpatterns,
    *elicitation.urlpatterns,
    *dreams.urlpatterns,
    *drift.urlpatterns,
    *estop.urlpatterns,
    *lawbook.urlpatterns,
    *executions.urlpatterns,
    *lifecycle.urlpatterns,
    *guardrails.urlpatterns,
    *exports.urlpatterns,
    *files.urlpatterns,
    *inbox.urlpatterns,
    *jobs.urlpatterns,
    *learning.urlpatterns,
    *notices.urlpatterns,
    *registry.urlpatterns,
    *router.urlpatterns,
    *rulebook_cases.urlpatterns,
    *rulebook_decide.urlpatterns,
    *searches.urlpatterns,
    *sessions.urlpatterns,
    *telemetry.urlpatterns,
    *webhooks.urlpatterns,
    *whatif.urlpatterns,
    *budgets.urlpatterns,
    *health.urlpatterns,
    *tokens.urlpatterns,
    *people.urlpatterns,
    *platform.urlpatterns,
    re_path(r"^", Unknown.as_view()),
]
