"""What the API says about the inbox; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text, Whole
from tarsweb.inbox.queries import Hand, Sort, Tab
from tarsweb.inbox.risk import Level
from tarsweb.inbox.times import Due, Nap


class InboxQuery(Query):
    """The filters of the page of that name."""

    tab = Choice(Tab, required=False, default=Tab.ME.value)
    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in sentence, system, proposer or label")
    system = Text(required=False, allow_blank=True, max_length=200)
    type = Text(required=False, allow_blank=True, max_length=100)
    risk = Choice(Level, required=False, allow_blank=True)
    hand = Choice([hand.value for hand in Hand if hand.value], required=False, allow_blank=True)
    sort = Choice(Sort, required=False, default=Sort.USUAL.value)


class Risk(Record):
    level = Choice(Level)
    reasons = serializers.ListField(child=Text())


class Holder(Record):
    id = serializers.UUIDField()
    name = Text()


class Question(Record):
    """One row of the inbox. `id` is null for what asks nobody right now: a draft, something stale or handed back."""

    id = serializers.UUIDField(allow_null=True)
    kind = Text(help_text="what asks, such as amendment, rollback, execution, top_up")
    subject = Text(help_text="AMD-42")
    sentence = Text()
    system = Text(allow_blank=True, help_text="empty where it is about no single system")
    type = Text()
    effect = Text()
    state = Text()
    digest = Text(allow_null=True)
    proposed_by = Text()
    asked_at = Instant()
    due_at = Instant(allow_null=True)
    due = Choice(Due)
    risk = Risk()
    needs = Text(allow_blank=True)
    needed = Whole()
    given = Whole()
    is_stale = Flag()
    is_mine_to_answer = Flag()
    holder = Holder(allow_null=True)
    snoozed_until = Instant(allow_null=True)
    url = Text()


class HandOver(Body):
    person = serializers.UUIDField(help_text="the id of a member who could answer")


class Snooze(Body):
    """One of the two. `for` counts in the person's own time zone."""

    until = Instant(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "for": Choice(Nap, required=False)}

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"until": "give either until or for"})
        return attrs


class Item(Body):
    id = Text(max_length=30, help_text="AMD-42")
    digest = Text(max_length=200, help_text="what was looked at")


class Batch(Body):
    items = serializers.ListField(child=Item(), min_length=1, max_length=100)
    password = Text(required=False, allow_blank=True, max_length=4000)
    note = Text(required=False, allow_blank=True, max_length=4000, default="")


class Outcome(Record):
    id = Text()
    system = Text(allow_blank=True)
    is_decided = Flag()
    state = Text(allow_blank=True)
    detail = Text()


class BatchOutcome(Record):
    """`batch` marks the entries on the ledger; each decision has its own signature and entry."""

    batch = serializers.UUIDField()
    results = Outcome(many=True)
