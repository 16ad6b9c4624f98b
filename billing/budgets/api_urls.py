from __future__ import annotations

from billing.budgets import api
from governance.rest import route

urlpatterns = [*route("resources/", api.Resources, name="api-resources")]
