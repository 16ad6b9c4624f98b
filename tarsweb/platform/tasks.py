from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail

from governance.identity.models import Membership
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant

log = logging.getLogger(__name__)
_REMEMBERED = int(timedelta(days=2).total_seconds())


def tell_members(tenant_id: str, moment: str) -> int:
    """Mail every member that their tenant was closed or opened again at `moment`, each once; returns how many were told.

    Not through the notices: nobody can read those of a closed tenant, and no task visits one.
    """
    with in_tenant(UUID(tenant_id)):
        tenant = Tenant.objects.get(id=tenant_id)
        rows = Membership.objects.filter(tenant_id=tenant_id, ended_at=None, user__is_active=True)
        addresses = list(rows.order_by("user__email").values_list("user__email", flat=True))
    subject, body = _letter(tenant)
    # The task may run twice, also halfway: who was told is remembered one by one.
    return sum(_told(f"told:{tenant_id}:{moment}:{address}", address, subject, body) for address in addresses)


def _told(key: str, address: str, subject: str, body: str) -> bool:
    if not cache.add(key, True, _REMEMBERED):
        return False
    try:
        send_mail(subject, body, None, [address])
    except (OSError, SMTPException):
        log.exception("a member could not be told that a tenant was closed or opened")
        cache.delete(key)
        return False
    return True


def _letter(tenant: Tenant) -> tuple[str, str]:
    if tenant.is_active:
        subject = f"{tenant.name} is open again on TARS"
        return subject, f"{subject}. Sign in as before: {settings.PUBLIC_URL}\n"
    return (
        f"{tenant.name} was deactivated on TARS",
        f"{tenant.name} was deactivated by the platform's staff, because: {tenant.deactivated_because}\n\n"
        "Nobody can sign in to it and its programs are refused until it is opened again. Its record is kept.\n",
    )
