"""What the API takes and gives about comments, ticks, looks and kept pages."""

from __future__ import annotations

from rest_framework import serializers

from governance.approvals.models import Verdict
from governance.rest import Anything, Body, Choice, Flag, Instant, Record, Text, Whole


class Suggestion(Body):
    value = Anything(help_text="what the place should hold instead")


class NewComment(Body):
    text = Text(max_length=4000)
    pointer = Text(
        required=False, allow_blank=True, default="", max_length=1000, help_text="RFC 6901; empty: the whole"
    )
    thread_id = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="reply to this comment")
    suggestion = Suggestion(required=False, allow_null=True, default=None)
    revision = Whole(required=False, allow_null=True, default=None, min_value=1, help_text="the one it is about")


class Tick(Body):
    pointer = Text(allow_blank=True, max_length=1000)
    viewed = Flag(required=False, default=True)
    revision = Whole(required=False, allow_null=True, default=None, min_value=1)


class Look(Body):
    digest = Text(max_length=200)


class Looked(Record):
    is_current = Flag(help_text="false: something else is asked by now, and nothing was remembered")


class Ticked(Record):
    viewed = serializers.ListField(child=Text(allow_blank=True), help_text="pointers of this revision's changes")
    changes = Whole()


class Remark(Record):
    id = serializers.UUIDField()
    author = Text()
    at = Instant()
    revision = Whole()
    text = Text()
    suggestion = Suggestion(allow_null=True)


class Thread(Record):
    pointer = Text(allow_blank=True)
    is_resolved = Flag()
    resolved_by = Text(allow_null=True)
    comments = Remark(many=True)


class Talk(Record):
    threads = Thread(many=True)


class Attachment(Record):
    """A file that the evidence names. `id` is null when it is gone."""

    id = serializers.UUIDField(allow_null=True)
    name = Text()
    media_type = Text()
    size = Whole()
    digest = Text()
    state = Choice(["kept", "changed", "missing"])


class Conflict(Record):
    """Another open amendment that asks for the same places; whichever takes effect first makes the other stale."""

    id = Text(help_text="AMD-42")
    sentence = Text()
    state = Text()
    pointers = serializers.ListField(child=Text(allow_blank=True))


class Kept(Record):
    decision_id = serializers.UUIDField()
    actor = Text()
    verdict = Choice(Verdict.values)
    at = Instant()
    digest = Text()


class Decisions(Record):
    decisions = Kept(many=True)


class DecisionPage(Record):
    decision_id = serializers.UUIDField()
    digest = Text()
    is_genuine = Flag(help_text="the bytes have the digest that the ledger entry names")
    ledger_sequence = Whole(allow_null=True)
    canonical = Text(help_text="canonical JSON of the form tars.decision-page.v1")
