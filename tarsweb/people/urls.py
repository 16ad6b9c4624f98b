from __future__ import annotations

from django.urls import path

from tarsweb.people.views import people, person

app_name = "people"
urlpatterns = [
    path("", people.index, name="list"),
    path("invitations/", people.invite_person, name="invite"),
    path("invitations/<uuid:invitation_id>/resend/", people.resend, name="resend"),
    path("invitations/<uuid:invitation_id>/revoke/", people.revoke, name="revoke"),
    path("<uuid:user_id>/", person.page, name="person"),
    path("<uuid:user_id>/roles/", person.roles, name="roles"),
    path("<uuid:user_id>/end/", person.end, name="end"),
    path("<uuid:user_id>/deputies/", person.add_deputy, name="add_deputy"),
    path("<uuid:user_id>/deputies/<uuid:deputy_id>/end/", person.drop_deputy, name="drop_deputy"),
]
