"""What the API takes and answers about rules, saved cases and verdicts; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.policy.verdict import Outcome
from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from governance.rulebook.actions.cases import MOST_NAME
from governance.rulebook.queries.rules import MODALITIES, VALIDITIES

_OUTCOMES = [outcome.value for outcome in Outcome]


class RuleQuery(Query):
    """Filters of the rules; `system` adds the rules of one system to those of the law."""

    q = Text(required=False, allow_blank=True, max_length=200)
    system = Text(required=False, allow_blank=True, max_length=80)
    document = Text(required=False, allow_blank=True, max_length=200)
    precedence = Text(required=False, allow_blank=True, max_length=60)
    modality = Choice(MODALITIES, required=False, allow_blank=True)
    action = Text(required=False, allow_blank=True, max_length=200)


class Rule(Record):
    """One rule."""

    id = Text()
    words = Text()
    text = Text()
    document = Text(allow_blank=True)
    clause = Text(allow_blank=True)
    source = Text(allow_blank=True)  # type: ignore[assignment]
    weight = Whole()
    precedence = Text()
    modality = Choice(MODALITIES)
    validity = Choice(VALIDITIES)
    valid_from = Instant(allow_null=True)
    valid_until = Instant(allow_null=True)
    authority = Text(allow_blank=True)
    bearer = Text(allow_blank=True)


class Rules(Record):
    results = Rule(many=True)


class CaseQuery(Query):
    q = Text(required=False, allow_blank=True, max_length=200)
    system = Text(required=False, allow_blank=True, max_length=80)
    expected = Choice(_OUTCOMES, required=False, allow_blank=True)
    state = Choice(["pass", "fail"], required=False, allow_blank=True)


class NewCase(Body):
    """A question with the outcome it must have."""

    name = Text(max_length=MOST_NAME)
    system = Text(max_length=80)
    action = Text(max_length=200)
    facts = Object(required=False, default=dict)
    expected = Choice(_OUTCOMES)
    expected_rules = serializers.ListField(child=Text(max_length=400), required=False, default=list, max_length=50)
    decided_at = Instant(
        required=False, allow_null=True, default=None, help_text="the moment it is about; null: whenever it runs"
    )
    note = Text(required=False, allow_blank=True, default="", max_length=4000)


class Retire(Body):
    why = Text(required=False, allow_blank=True, default="", max_length=400)


class Case(Record):
    """A case, and how it fares just now under the law in force."""

    id = serializers.UUIDField()
    name = Text()
    system = Text()
    action = Text()
    facts = Object()
    decided_at = Instant(allow_null=True)
    expected = Choice(_OUTCOMES)
    expected_rules = serializers.ListField(child=Text())
    note = Text(allow_blank=True)
    created_at = Instant()
    created_by = Text()
    retired_at = Instant(allow_null=True)
    is_pass = Flag()
    failed_because = Text(allow_blank=True)
    outcome = Choice(_OUTCOMES, allow_null=True)
    sentence = Text(allow_null=True)


class Cases(Record):
    passed = Whole()
    failed = Whole()
    results = Case(many=True)


class CoveredRule(Record):
    rule = Text()
    document = Text()
    clause = Text()
    cases = serializers.ListField(child=Text())


class Coverage(Record):
    """Which rules of the law have a case in which they decide."""

    rules = Whole()
    covered = Whole()
    results = CoveredRule(many=True)


class VerdictQuery(Query):
    system = Text(required=False, allow_blank=True, max_length=80)
    action = Text(required=False, allow_blank=True, max_length=200)
    outcome = Choice(_OUTCOMES, required=False, allow_blank=True)
    rule = Text(required=False, allow_blank=True, max_length=400)
    session = Text(required=False, allow_blank=True, max_length=200)
    about = Choice(["acts", "amendments"], required=False, allow_blank=True)
    since = Text(required=False, allow_blank=True, max_length=40, help_text="a day, or a time with an offset")
    until = Text(
        required=False, allow_blank=True, max_length=40, help_text="a day that is included, or a time that is not"
    )


class KeptVerdict(Record):
    """One decision as it was answered."""

    id = serializers.UUIDField()
    at = Instant()
    system = Text()
    action = Text()
    session = Text(allow_blank=True)
    outcome = Choice(_OUTCOMES)
    sentence = Text()
    rules_applied = serializers.ListField(child=Text())
    compliance_score = serializers.FloatField()
    asked_by = Text()
    digest = Text()
    is_sealed = Flag()


class WholeVerdict(KeptVerdict):
    """With its question, its reasons and where it is on the ledger."""

    facts = Object()
    answer = Object()
    rulebook_digest = Text()
    signer = Text()
    sealed_in = Whole(allow_null=True)
