from __future__ import annotations

from governance.rest import route
from tarsweb.people import api

urlpatterns = [
    *route("people/", api.People, name="api-people"),
    *route("people/<uuid:user_id>/", api.OnePerson, name="api-person"),
    *route("people/<uuid:user_id>/roles/", api.Roles, name="api-person-roles"),
    *route("people/<uuid:user_id>/departure/", api.Departure, name="api-departure"),
    *route("people/<uuid:user_id>/end/", api.End, name="api-person-end"),
    *route("people/<uuid:user_id>/deputies/", api.DeputiesOf, name="api-deputies-of"),
    *route("deputies/", api.Deputies, name="api-deputies"),
    *route("deputies/<uuid:deputy_id>/end/", api.EndDeputy, name="api-deputy-end"),
    *route("invitations/", api.Invitations, name="api-invitations"),
    *route("invitations/<uuid:invitation_id>/", api.OneInvitation, name="api-invitation"),
    *route("invitations/<uuid:invitation_id>/resend/", api.Resend, name="api-invitation-resend"),
    *route("invitations/<uuid:invitation_id>/revoke/", api.Revoke, name="api-invitation-revoke"),
]
