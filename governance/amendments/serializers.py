"""Bodies that the amendments API takes: the known members, of exactly the right types; anything else is named by pointer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.amendments.kinds import AmendmentType, Basis
from governance.files.kinds import EVIDENCE_FILES
from governance.rest import Anything, Because, Body, Choice, Flag, Instant, Object, Operations, Text, Whole


class Answer(Because):
    """One signed answer. `password` is the one-time code of somebody who has set one up; it counts only with a session."""

    digest = Text()
    password = Text(required=False, trim_whitespace=False)


class Wish(Body):
    """What a place should hold instead."""

    pointer = Text(max_length=1000)
    value = Anything()
    text = Text(required=False, allow_blank=True, default="", max_length=4000)


class Changes(Answer):
    suggestions = Wish(many=True, required=False)


class Nudge(Body):
    user_id = serializers.UUIDField()


class Change(Body):
    """A new constitution, whole or as a patch of today's, with what it was made from."""

    constitution = Object(required=False)
    patch = Operations(required=False)
    evidence = Object(required=False, default=dict)
    base_version = Whole(required=False, min_value=1)
    effective_at = Instant(required=False, allow_null=True, default=None)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=EVIDENCE_FILES, help_text="ids of files"
    )

    def validate(self, attrs: Any) -> Any:
        if ("constitution" in attrs) == ("patch" in attrs):
            raise serializers.ValidationError({"constitution": "give either constitution or patch"})
        return attrs


class Proposal(Change):
    system = Text()
    amendment_type = Choice(AmendmentType)
    basis = Choice(Basis, default=Basis.ORDINARY.value)
    draft = Flag(required=False, default=False)


class Revision(Change):
    reason = Text(required=False, default="", allow_blank=True, max_length=500)
