"""The mail that carries an invitation's link. It never goes into the outbox: the link is a secret."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from governance.identity.actions import Invited
from governance.scope import Role

log = logging.getLogger(__name__)
_LOCAL = (".filebased.EmailBackend", ".console.EmailBackend", ".dummy.EmailBackend")

_TEXT = """{hello},

{by} asks you to join {tenant} on TARS as {roles}.

Open this link to accept. It works once, for {email}, until {until:%d %B %Y, %H:%M} UTC:

{link}

If you did not expect this, do nothing: without your consent you join nothing.
"""


def deliver(invited: Invited) -> str:
    """Mail the invitation after its verb has committed; returns its link where no mail leaves this machine, else ""."""
    link = link_of(invited)
    if settings.EMAIL_BACKEND.endswith(_LOCAL):
        return link
    row = invited.invitation
    try:
        send_mail(f"{row.invited_by} asks you to join {invited.tenant_name}", _letter(invited, link), None, [row.email])
    except (OSError, SMTPException):
        log.exception("the invitation %s could not be mailed", row.id)
        return link
    return ""


def link_of(invited: Invited) -> str:
    """The address that accepts the invitation."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("invitation", args=[invited.secret])


def _letter(invited: Invited, link: str) -> str:
    row = invited.invitation
    return _TEXT.format(
        hello=f"Hello {row.name}" if row.name else "Hello",
        by=row.invited_by,
        tenant=invited.tenant_name,
        roles=", ".join(Role(name).label for name in row.roles),
        email=row.email,
        until=row.expires_at,
        link=link,
    )
