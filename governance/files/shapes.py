"""What the API takes and gives about files."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Instant, Record, Text, Whole


class Upload(Body):
    name = Text(max_length=400, help_text="with its ending: pdf, png, jpeg, txt, csv, json or md")
    content = Text(trim_whitespace=False, help_text="the bytes, in base64")


class File(Record):
    """A file that is kept; without `expires_at` for good."""

    id = serializers.UUIDField()
    name = Text()
    media_type = Text()
    size = Whole(help_text="bytes")
    digest = Text(help_text="sha256: and 64 hex digits")
    expires_at = Instant(allow_null=True)


class FileWithContent(File):
    """A file with its bytes, which match its digest."""

    content = Text(help_text="the bytes, in base64")
