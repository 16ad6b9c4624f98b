"""What the API takes and answers about exports; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Instant, Record, Text, Whole

FORMATS = ("csv", "jsonl", "json", "pdf")


class Wish(Body):
    """Which list, as what, narrowed by which filters (those of its page)."""

    list = Text(
        max_length=40, help_text="ledger, amendments, people, systems, or system (with the filter system, its name)"
    )
    format = Choice(FORMATS)
    filters = serializers.DictField(child=Text(allow_blank=True, max_length=400), required=False, default=dict)


class Export(Record):
    """A file, or the job that makes it."""

    state = Choice(("ready", "queued"))
    name = Text(allow_blank=True)
    media_type = Text(allow_blank=True)
    count = Whole(allow_null=True, help_text="rows in it")
    digest = Text(allow_blank=True, help_text="SHA-256 of the list itself, as the ledger names it")
    ledger_entry = Whole(allow_null=True)
    content = Text(allow_blank=True, help_text="the file in base64")
    job = serializers.UUIDField(allow_null=True, help_text="ask jobs/{id}/ until it is done; its result names the file")


class Kept(Record):
    """A file that a job made."""

    id = serializers.UUIDField()
    name = Text()
    digest = Text(help_text="SHA-256 of the file")
    at = Instant()
    expires_at = Instant(allow_null=True)


class WholeKept(Kept):
    content = Text(help_text="the file in base64")


class AllKept(Record):
    results = Kept(many=True)
