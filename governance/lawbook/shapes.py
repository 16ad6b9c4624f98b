"""What the API takes and answers about the law; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.amendments.kinds import AmendmentType, Basis
from governance.constitution.diff import Effect
from governance.lawbook.formats import LABELS
from governance.rest import Body, Choice, Flag, Instant, Object, Record, Text, Whole


class LawFile(Body):
    """A file of law: its `text`, or its bytes as `content` in base64."""

    format = Choice(LABELS)
    name = Text(
        required=False, max_length=80, help_text="what it is called in the law; gov.md and policy.toml by themselves"
    )
    text = Text(required=False, trim_whitespace=False)
    content = Text(required=False, help_text="base64")


class LawProposal(LawFile):
    """A file of law and what its amendment rests on."""

    evidence = Object(help_text="`reason` at least")
    type = Choice(AmendmentType, required=False)
    basis = Choice(Basis, required=False)
    base_version = Whole(required=False, min_value=0)
    effective_at = Instant(required=False)


class RuleChange(Record):
    id = Text()
    kind = Choice(("added", "removed", "changed"))
    clause = Text(allow_blank=True)
    words = Text(allow_blank=True)
    text = Text(allow_blank=True)
    old_words = Text(allow_blank=True)
    old_text = Text(allow_blank=True)


class Finding(Record):
    code = Text()
    sentence = Text()
    rules = serializers.ListField(child=Text())


class CaseChange(Record):
    """A saved case that would be answered otherwise, or fail. An outcome is "" where it could not be asked."""

    id = Text()
    name = Text()
    before = Text(allow_blank=True)
    after = Text(allow_blank=True)
    failed_because = Text(allow_blank=True)


class LawPreview(Record):
    """What importing the file would change. Nothing was written."""

    name = Text()
    format = Text()
    digest = Text()
    base_version = Whole()
    is_new = Flag()
    can_propose = Flag()
    sentence = Text()
    effect = Choice(Effect)
    amendment_type = Choice(AmendmentType)
    needs = Text()
    sections = Text()
    rules = RuleChange(many=True)
    preferences = serializers.ListField(child=Text())
    preferences_gone = serializers.ListField(child=Text())
    findings = Finding(many=True)
    untranslated = serializers.ListField(child=Text())
    cases = CaseChange(many=True)


class Proposed(Record):
    """The amendment that asks."""

    id = Text()
    state = Text()
    sentence = Text()
    effect = Choice(Effect)
    amendment_type = Choice(AmendmentType)


class LawRule(Record):
    id = Text()
    words = Text()
    text = Text()


class LawClause(Record):
    number = Text()
    title = Text(allow_blank=True)
    text = Text(allow_blank=True)
    rules = LawRule(many=True)


class LawDocument(Record):
    name = Text()
    format = Text()
    title = Text()
    authority = Text(allow_blank=True)
    enacted_at = Text(allow_blank=True)
    digest = Text(allow_blank=True)
    untranslated = serializers.ListField(child=Text())
    clauses = LawClause(many=True)


class Law(Record):
    """The tenant's law. Version 0: nothing was imported yet."""

    version = Whole()
    documents = LawDocument(many=True)
