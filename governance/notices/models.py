from __future__ import annotations

from django.db import models

from governance.rows import TenantRow


class MailMode(models.TextChoices):
    EACH = "each", "Each as it comes"
    DAILY = "daily", "One digest a day"
    NONE = "none", "No mail"


class Notice(TenantRow):
    """One thing one person should know. `url` is a path inside TARS; `key` makes telling twice harmless."""

    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    key = models.TextField()
    subject = models.TextField()
    sentence = models.TextField()
    url = models.TextField()
    at = models.DateTimeField()
    is_urgent = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices"
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "key"], name="notices_once")]
        indexes = [
            models.Index(fields=["tenant", "user", "-id"], name="notices_of_user"),
            models.Index(fields=["tenant", "user"], condition=models.Q(read_at=None), name="notices_unread"),
            models.Index(fields=["tenant", "at"], condition=models.Q(mailed_at=None), name="notices_unmailed"),
        ]


class NoticePreference(TenantRow):
    """How one person wants mail from one tenant; without a row it is each as it comes."""

    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    mail = models.TextField(choices=MailMode.choices, default=MailMode.EACH)
    muted = models.JSONField(default=list, help_text="kinds that are not mailed")

    class Meta:
        db_table = "notice_preferences"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="notice_preferences_one_each"),
            models.CheckConstraint(condition=models.Q(mail__in=MailMode.values), name="notice_preferences_mail"),
        ]


class MailState(models.TextChoices):
    QUEUED = "queued", "Waits to be sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"
    KEPT = "kept", "Kept here"


class OutboxMail(TenantRow):
    """One mail as it was or will be sent, for the outbox page. Never holds a secret: those mails do not come from notices.

    `next_try_at` is also the lease of who sends it now. A demo tenant's mails are kept and never sent: its people are made up,
    and their addresses may belong to somebody.
    """

    key = models.TextField()
    user = models.ForeignKey("governance.User", null=True, on_delete=models.PROTECT, related_name="+")
    address = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    html = models.TextField()
    state = models.TextField(choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(default="")
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_mails"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="outbox_mails_once"),
            models.CheckConstraint(condition=models.Q(state__in=MailState.values), name="outbox_mails_state"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="outbox_mails_recent"),
            models.Index(
                fields=["tenant", "next_try_at"], condition=models.Q(state=MailState.QUEUED), name="outbox_mails_due"
            ),
        ]
