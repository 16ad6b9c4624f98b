from django.urls import path, re_path

from governance.searches import views

app_name = "searches"
urlpatterns = [
    path("", views.list_page, name="list"),
    path("save/", views.save_page, name="save"),
    re_path(r"^(?P<search_id>[0-9a-f-]{36})/(?P<verb>rename|share|default|remove)/$", views.act, name="act"),
]
