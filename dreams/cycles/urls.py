from __future__ import annotations

from dreams.cycles import urls_acts

app_name = "dreams"
urlpatterns = [*urls_acts.urlpatterns]
