from django.urls import path

from governance.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.list_page, name="list"),
    path("record/", views.record, name="record"),
    path("<slug:kind>/", views.take, name="take"),
]
