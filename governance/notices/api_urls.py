from __future__ import annotations

from governance.notices import api
from governance.rest import route

urlpatterns = [
    *route("notices/", api.Notices, name="api-notices"),
    *route("notices/read/", api.ReadAll, name="api-notices-read"),
    *route("notices/preferences/", api.Preferences, name="api-notice-preferences"),
    *route("notices/<uuid:notice_id>/read/", api.ReadOne, name="api-notice-read"),
    *route("mails/", api.Mails, name="api-mails"),
    *route("mails/<uuid:mail_id>/", api.OneMail, name="api-mail"),
    *route("mails/<uuid:mail_id>/send_again/", api.SendAgain, name="api-mail-send-again"),
]
