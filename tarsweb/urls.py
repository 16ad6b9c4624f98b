from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from tarsweb.api import home, schema
from tarsweb.counts import shell_counts
from tarsweb.health import views as health
from tarsweb.people.views import accept

urlpatterns = [
    path("", include("tarsweb.overview.urls")),
    path("inbox/", include("tarsweb.inbox.urls")),
    path("amendments/", include("governance.amendments.urls")),
    path("files/", include("governance.files.urls")),
    path("rulebook/", include("governance.rulebook.urls")),
    path("sessions/", include("governance.rulebook.session_urls")),
    path("systems/", include("governance.registry.urls")),
    path("connectors/", include("routing.connectors.urls")),
    path("telemetry/", include("routing.telemetry.urls")),
    path("assets/", include("governance.assets.urls")),
    path("ask/", include("routing.router.ask_urls")),
    path("routing/learned/", include("routing.learning.urls")),
    path("routing/", include("routing.router.urls")),
    path("what-if/", include("routing.whatif.urls")),
    path("executions/", include("routing.executions.urls")),
    path("archives/", include("routing.lifecycle.urls")),
    path("guardrails/", include("dreams.guardrails.urls")),
    path("dreams/", include("dreams.cycles.urls")),
    path("drift/scenarios/", include("dreams.elicitation.urls")),
    path("drift/", include("governance.drift.urls")),
    path("estop/", include("governance.estop.urls")),
    path("rulebook/", include("governance.lawbook.urls")),
    path("notices/", include("governance.notices.urls")),
    path("shell/counts/", shell_counts, name="shell-counts"),
    path("ledger/", include("governance.audit.urls")),
    path("exports/", include("governance.exports.urls")),
    path("searches/", include("governance.searches.urls")),
    path("tokens/", include("governance.tokens.urls")),
    path("jobs/", include("governance.jobs.urls")),
    path("people/", include("tarsweb.people.urls")),
    path("invitations/<str:secret>/", accept.page, name="invitation"),
    path("webhooks/", include("governance.webhooks.urls")),
    path("tenants/", include("governance.identity.urls")),
    path("platform/", include("tarsweb.platform.urls")),
    path("api/", home, name="api-home"),
    path("api/schema/", schema, name="api-schema"),
    path("budgets/", include("billing.budgets.urls")),
    path("api/v1/", include("tarsweb.api_urls")),
    path("accounts/", include("tarsweb.account.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("health/", include("tarsweb.health.urls")),
    path("guide/", include("tarsweb.guide.urls")),
    path("help/", include("tarsweb.help.urls")),
    path("demo/", include("tarsweb.demo.urls")),
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg")),
]

handler400 = "tarsweb.errors.bad_request"
