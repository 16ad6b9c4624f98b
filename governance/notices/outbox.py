"""The mails of a tenant as people look at them: one's own, or with `MANAGE_PEOPLE` everybody's."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from governance.errors import NotFound
from governance.notices.models import MailState, OutboxMail
from governance.scope import Capability, Scope

PER_PAGE: Final = 25
_LOCAL: Final = {
    "django.core.mail.backends.filebased.EmailBackend",
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.locmem.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
}


def goes_nowhere() -> bool:
    """Whether this installation has no mail server: mails are written to files, and people read them in the outbox."""
    return settings.EMAIL_BACKEND in _LOCAL


def sees_all(scope: Scope) -> bool:
    return scope.can(Capability.MANAGE_PEOPLE)


def page_of(*, scope: Scope, state: str, page: int) -> Page[OutboxMail]:
    """One page of mails, newest first, without their texts."""
    return Paginator(mails(scope=scope, state=state).defer("body", "html"), PER_PAGE).get_page(page)


def mails(*, scope: Scope, state: str = "") -> QuerySet[OutboxMail]:
    """The mails that this person may see, newest first."""
    rows = OutboxMail.objects.filter(tenant_id=scope.tenant_id).select_related("user").order_by("-id")
    if not sees_all(scope):
        rows = rows.filter(user_id=scope.person_id)
    return rows.filter(state=state) if state in MailState.values else rows


def mail_of(*, scope: Scope, mail_id: UUID) -> OutboxMail:
    """One mail with its text. Raises `NotFound`, also for somebody else's."""
    found = mails(scope=scope).filter(id=mail_id).first()
    if found is None:
        raise NotFound("There is no such mail, or it is somebody else's.")
    return found
