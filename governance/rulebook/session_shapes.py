"""What the API says about session rules; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.rest import Body, Choice, Flag, Instant, Query, Record, Text, Whole
from governance.rulebook import sentences
from governance.rulebook.models import SessionRuleEnd
from governance.rulebook.session_store import MOST


class SessionQuery(Query):
    q = Text(required=False, allow_blank=True, max_length=200)


class Look(Query):
    peek = Choice(["true", "false"], required=False)


class SentenceQuery(Query):
    rule = Text(max_length=sentences.LONGEST)


class Sentence(Body):
    """`system`: whose session it is, for a person who opens it."""

    rule = Text(max_length=sentences.LONGEST)
    system = Text(required=False, allow_blank=True, max_length=200)


class Rules(Body):
    """None: the session is emptied."""

    rules = serializers.ListField(child=Text(max_length=sentences.LONGEST), required=False, max_length=MOST)


class Longer(Body):
    minutes = serializers.ChoiceField(choices=[15, 60])


class Session(Record):
    """A session with rules in force; `ends_next_at` is when its first rule is over if nobody asks the session before."""

    name = Text()
    system = Text(allow_null=True)
    opened_by = Text()
    created_at = Instant()
    accessed_at = Instant()
    total = Whole()
    enforced = Whole()
    guidance = Whole()
    ends_next_at = Instant()
    ends_at = Instant()


class SentenceInForce(Record):
    """A sentence in force. `effect`: what is enforced, in words; `rules`: the same as text; both empty for guidance."""

    id = serializers.UUIDField()
    number = Whole()
    rule = Text()
    is_enforced = Flag()
    effect = Text(allow_blank=True)
    rules = Text(allow_blank=True)
    added_by = Text()
    added_at = Instant()
    ends_at = Instant()
    uses = Whole()
    last_used_at = Instant(allow_null=True)


class Ended(Record):
    rule = Text()
    because = Choice(SessionRuleEnd.values)
    at = Instant()


class Tray(Record):
    """A session's rules, the one that falls out first on top. `touched`: this look began the session's hour anew."""

    session = Text()
    system = Text(allow_null=True)
    accessed_at = Instant(allow_null=True)
    touched = Flag()
    total = Whole()
    most = Whole()
    rules = SentenceInForce(many=True)
    ended = Ended(many=True)


class Added(Record):
    """`is_new` is false where the sentence was there and the session's hour began anew."""

    is_new = Flag()
    rule = SentenceInForce()
    evicted = Ended(many=True)


class Understood(Record):
    rule = Text()
    is_enforced = Flag()
    effect = Text(allow_blank=True)
    rules = serializers.ListField(child=Text())
