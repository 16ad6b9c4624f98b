"""What the API says about notices and mails; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.notices.models import MailMode, MailState
from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text, Whole


class NoticeQuery(Query):
    unread = serializers.BooleanField(required=False, default=False)
    kind = Text(required=False, allow_blank=True, max_length=100)


class Notice(Record):
    """One thing one person should know."""

    id = serializers.UUIDField()
    kind = Text()
    subject = Text()
    sentence = Text()
    url = Text(help_text="a path inside TARS")
    at = Instant()
    is_urgent = Flag()
    read_at = Instant(allow_null=True)


class Everything(Body):
    up_to = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="the newest notice to mark; without it all"
    )


class Marked(Record):
    marked = Whole(help_text="how many were unread")


class Wishes(Body):
    mail = Choice(MailMode.values)
    muted = serializers.ListField(child=Text(max_length=100), required=False, default=list, max_length=100)


class Preference(Record):
    """How one's news of this tenant is mailed."""

    mail = Choice(MailMode.values)
    muted = serializers.ListField(child=Text())


class MailQuery(Query):
    state = Choice(MailState.values, required=False, allow_blank=True)


class Mail(Record):
    """A mail that was or will be sent. `next_try_at` is null once nobody will try."""

    id = serializers.UUIDField()
    to = Text()
    subject = Text()
    state = Choice(MailState.values)
    attempts = Whole()
    error = Text(allow_blank=True)
    created_at = Instant()
    next_try_at = Instant(allow_null=True)
    sent_at = Instant(allow_null=True)


class WholeMail(Mail):
    """A mail with its text."""

    body = Text()
