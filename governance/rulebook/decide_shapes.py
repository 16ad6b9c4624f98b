"""What the API takes and answers about questions; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.policy.verdict import Outcome
from governance.rest import Body, Choice, Instant, Object, Record, Text, Whole
from governance.rulebook.actions import MOST_AT_ONCE

_OUTCOMES = [outcome.value for outcome in Outcome]


class Ask(Body):
    """May this system do this, with these facts, in this session?"""

    system = Text(max_length=200)
    action = Text(max_length=200)
    facts = Object(required=False, default=dict)
    session = Text(required=False, allow_blank=True, default="", max_length=100)


class AskMany(Body):
    """Up to a thousand questions, each with the members of a single one."""

    questions = serializers.ListField(child=Object(), min_length=1, max_length=MOST_AT_ONCE)


class EndedRule(Record):
    rule = Text()
    because = Text()
    at = Instant()
    sentence = Text()


class Decision(Record):
    """A verdict as it was kept. `id` is null where nothing is kept (no such system, or TARS failed): it is denied."""

    id = serializers.UUIDField(allow_null=True)
    system = Text()
    action = Text()
    session = Text(allow_blank=True)
    outcome = Choice(_OUTCOMES)
    sentence = Text()
    verdict = Object(help_text="the reasons: because, defeated, obligations, missing_facts, errors, would_pass_if, …")
    guidance = serializers.ListField(child=Text(), help_text="sentences of the session for the agent to follow")
    ended_rules = EndedRule(many=True, help_text="rules of the session that ended; each is told once")
    digest = Text(allow_blank=True)
    rulebook_digest = Text(allow_blank=True)
    at = Instant()
    ledger_sequence = Whole(allow_null=True, help_text="null until a permit is sealed, within a minute")


class Fault(Record):
    """Why one question could not be asked."""

    code = Text()
    detail = Text()
    errors = serializers.ListField(child=Object())  # type: ignore[assignment]


class Item(Record):
    """The answer to one question: a decision, or why it could not be asked."""

    decision = Decision(allow_null=True)
    error = Fault(allow_null=True)


class Decisions(Record):
    results = Item(many=True)
