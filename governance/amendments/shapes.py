"""What the API's answers about amendments look like; the schema is read off it, and `records` makes the values."""

from __future__ import annotations

from rest_framework import serializers

from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.queries.lists import GROUPS
from governance.amendments.talk_shapes import Attachment, Conflict, Thread
from governance.approvals.models import Verdict, Via
from governance.constitution.diff import Effect
from governance.rest import Anything, Choice, Flag, Instant, Object, Operations, Query, Record, Text, Whole


class AmendmentQuery(Query):
    """The filters of the page of that name."""

    q = Text(
        required=False, allow_blank=True, max_length=200, help_text="text in sentence, system or proposer, or AMD-42"
    )
    state = Choice([*GROUPS, *State], required=False, allow_blank=True)
    type = Choice(AmendmentType, required=False, allow_blank=True)
    system = Text(required=False, allow_blank=True, help_text="a system's name")
    effect = Choice(Effect, required=False, allow_blank=True)
    mine = serializers.BooleanField(required=False, default=False, help_text="proposed by whom the request is made for")


class Line(Record):
    """One amendment in a list."""

    id = Text(help_text="AMD-42")
    state = Choice(State)
    system = Text()
    amendment_type = Choice(AmendmentType)
    basis = Choice(Basis)
    effect = Choice(Effect)
    sentence = Text()
    proposed_by = Text()
    created_at = Instant()
    updated_at = Instant()
    expires_at = Instant()
    effective_at = Instant(allow_null=True)
    base_version = Whole()
    approvals = Whole()
    approvals_needed = Whole()
    is_stale = Flag()


class Revision(Record):
    number = Whole()
    base_version = Whole()
    base_digest = Text()
    new_digest = Text()
    diff = Anything()
    why = Text(allow_blank=True)
    by = Text()
    at = Instant()


class Change(Record):
    """One difference; `old` or `new` is left out where there was or is nothing."""

    pointer = Text(allow_blank=True)
    old = Anything(required=False)
    new = Anything(required=False)
    change = Anything()
    kind = Choice(["added", "removed", "changed", "reordered"])
    effect = Choice(Effect)


class Proof(Record):
    """One item of the evidence's checklist."""

    item = Text()
    is_present = Flag()
    is_required = Flag()
    source = Text(allow_null=True)  # type: ignore[assignment]
    date = Text(allow_null=True)
    supplied_by = Text(allow_null=True)


class Place(Record):
    role = Text()
    needed = Whole()
    filled = Whole()


class Answer(Record):
    """One signed answer."""

    actor = Text()
    verdict = Choice(Verdict.values)
    roles = serializers.ListField(child=Text())
    via = Choice(Via.values)
    note = Text(allow_blank=True)
    at = Instant()
    digest = Text()
    statement = Text(help_text="the canonical JSON that was signed")
    signature = Text(help_text="Ed25519, in hex")
    signer = Text(help_text="did:key of the signer")


class Authority(Record):
    needs = Text(allow_blank=True)
    places = Place(many=True)
    answers = Answer(many=True)
    you_cannot_approve_because = Text(allow_null=True)


class Stale(Record):
    """What moved since the proposal was made."""

    base_version = Whole()
    current_version = Whole()
    has_policy_moved = Flag()
    moved = serializers.ListField(child=Text())
    conflicts = serializers.ListField(child=Text())


class Applied(Record):
    old_version = Whole()
    new_version = Whole()
    approved_by = Text()
    approved_at = Instant()
    rolled_back_at = Instant(allow_null=True)


class Event(Record):
    said = Text()
    by = Text(allow_blank=True)
    at = Instant(allow_null=True)
    why = Text(allow_blank=True)
    ledger_sequence = Whole(allow_null=True)


class Amendment(Record):
    """Everything the amendment's page shows. Somebody without the record reads only `id` and `state`."""

    id = Text(help_text="AMD-42")
    state = Choice(State)
    system = Text(required=False)
    amendment_type = Choice(AmendmentType, required=False)
    basis = Choice(Basis, required=False)
    effect = Choice(Effect, required=False)
    sentence = Text(required=False)
    can_rollback = Flag(required=False)
    proposed_by = Text(required=False)
    created_at = Instant(required=False)
    updated_at = Instant(required=False)
    expires_at = Instant(required=False)
    effective_at = Instant(required=False, allow_null=True)
    digest = Text(required=False, help_text="what an answer names")
    revision = Revision(required=False)
    changes = Change(many=True, required=False)
    patch = Operations(required=False)
    constitution = Object(required=False)
    evidence = Object(required=False)
    checklist = Proof(many=True, required=False)
    authority = Authority(required=False)
    attachments = Attachment(many=True, required=False)
    comments = Thread(many=True, required=False)
    viewed = serializers.ListField(child=Text(allow_blank=True), required=False, help_text="changes that you ticked")
    conflicts = Conflict(many=True, required=False)
    stale = Stale(required=False, allow_null=True)
    applied = Applied(required=False, allow_null=True)
    timeline = Event(many=True, required=False)


class Later(Record):
    """A later amendment that stands on what would be undone."""

    id = Text()
    sentence = Text()
    shared = serializers.ListField(child=Text())


class RollBack(Record):
    """What rolling back would do now."""

    id = Text()
    system = Text()
    digest = Text(help_text="post it back to do exactly this")
    sentence = Text()
    effect = Choice(Effect)
    changes = Change(many=True)
    conflicts = serializers.ListField(child=Text())
    people_needed = Whole()
    later = Later(many=True)
    voids = serializers.ListField(child=Text())
    dependants = serializers.ListField(child=Text())
    refused_because = Text(allow_null=True)
