from __future__ import annotations

from django.urls import path

from governance.registry import views

app_name = "systems"
# A name may hold slashes, so the pages below a system come before the system itself.
urlpatterns = [
    path("", views.list_page, name="list"),
    path("register/", views.register_page, name="register"),
    path("<path:name>/versions/", views.versions_page, name="versions"),
    path("<path:name>/blame/", views.blame_page, name="blame"),
    path("<path:name>/compare/", views.compare_page, name="compare"),
    path("<path:name>/time-machine/", views.time_machine_page, name="time-machine"),
    path("<path:name>/dependencies/", views.dependencies_page, name="dependencies"),
    path("<path:name>/health/", views.health_page, name="health"),
    path("<path:name>/status/", views.status_page, name="status"),
    path("<path:name>/constitution.json", views.download, name="download"),
    path("<path:name>/", views.detail_page, name="detail"),
]
