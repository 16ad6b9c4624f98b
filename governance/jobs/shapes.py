"""What the API says about jobs; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.jobs.models import JobState
from governance.rest import Anything, Choice, Flag, Instant, Query, Record, Text, Whole


class JobQuery(Query):
    state = Choice(["active", *JobState.values], required=False, allow_blank=True)
    mine = serializers.BooleanField(required=False, default=False)
    q = Text(required=False, allow_blank=True, max_length=200)


class Progress(Record):
    done = Whole()
    total = Whole(allow_null=True)


class Job(Record):
    """Long work. The payload stays inside."""

    id = serializers.UUIDField()
    kind = Text()
    title = Text()
    state = Choice(JobState.values)
    attempt = Whole()
    max_attempts = Whole()
    progress = Progress()
    message = Text(allow_blank=True)
    error = Text(allow_blank=True)
    result = Anything()
    requested_by = Text()
    is_cancel_wanted = Flag()
    created_at = Instant()
    due_at = Instant(allow_null=True)
    started_at = Instant(allow_null=True)
    finished_at = Instant(allow_null=True)
