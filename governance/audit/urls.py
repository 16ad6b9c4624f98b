from __future__ import annotations

from django.urls import path

from governance.audit import views

app_name = "ledger"
urlpatterns = [
    path("", views.index, name="list"),
    path("verify/", views.verify, name="verify"),
    path("verifications/<uuid:job>/", views.verification, name="verification"),
    path("how-to-verify/", views.how_to, name="how"),
    path("<int:sequence>/", views.entry, name="entry"),
    path("<int:sequence>.json", views.entry_json, name="entry_json"),
]
