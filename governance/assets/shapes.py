"""What the API takes and answers about assets and mandates; the schema is read off it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.assets.actions.common import LONGEST, LONGEST_NAME
from governance.assets.actions.mandates import MOST_ACTIONS, MOST_CONDITIONS
from governance.assets.actions.register import MOST_PARTIES
from governance.assets.models import AssetType, Fallback, MandateEffect, Ownership
from governance.rest import Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole

MOST_UNITS = 2**31 - 1


def _cap(**options: Any) -> Whole:
    return Whole(allow_null=True, min_value=0, max_value=MOST_UNITS, help_text="null: no cap", **options)


def _names(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=LONGEST_NAME), max_length=MOST_PARTIES, **options)


def _price(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0, allow_null=True, **options)


class NewAsset(Body):
    """Something that several parties use, and how it is shared."""

    name = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)
    asset_type = Choice(AssetType.values)
    ownership_model = Choice(Ownership.values)
    owner = Text(required=False, default="", allow_blank=True, max_length=LONGEST_NAME)
    parties = _names(required=False, default=list)
    requires_consensus = Flag(required=False, default=False)
    fallback_allocation = Choice(Fallback.values, required=False, default=Fallback.EQUAL_SHARES.value)
    externality_pricing = _price(required=False, default=None)
    usage_cap_per_user = _cap(required=False, default=None)
    usage_cap_per_hour = _cap(required=False, default=None)


class Change(Body):
    """What is given changes; the rest stays."""

    reason = Text(max_length=LONGEST)
    asset_type = Choice(AssetType.values, required=False)
    ownership_model = Choice(Ownership.values, required=False)
    owner = Text(required=False, allow_blank=True, max_length=LONGEST_NAME)
    parties = _names(required=False)
    requires_consensus = Flag(required=False)
    fallback_allocation = Choice(Fallback.values, required=False)
    externality_pricing = _price(required=False)
    usage_cap_per_user = _cap(required=False)
    usage_cap_per_hour = _cap(required=False)


class Reason(Body):
    reason = Text(max_length=LONGEST)


class Contest(Body):
    """Who decides while it is disputed; neither owner nor party."""

    mediator = Text(max_length=LONGEST_NAME)
    reason = Text(max_length=LONGEST)


class NewUse(Body):
    amount = Whole(required=False, default=1, min_value=1, max_value=MOST_UNITS)
    used_by = Text(required=False, default="", allow_blank=True, max_length=LONGEST_NAME, help_text="empty: oneself")


class NewMandate(Body):
    """What a group decided; `condition` is a body in the rules' text format."""

    effect = Choice(MandateEffect.values)
    actions = serializers.ListField(child=Text(max_length=LONGEST_NAME), min_length=1, max_length=MOST_ACTIONS)
    authority = Text(max_length=LONGEST_NAME)
    expires_at = Instant()
    condition = Text(required=False, default="", allow_blank=True, max_length=LONGEST)
    revocation_conditions = serializers.ListField(
        child=Text(max_length=200), max_length=MOST_CONDITIONS, required=False, default=list
    )


class Revocation(Body):
    reason = Text(max_length=LONGEST)
    met_condition = Text(required=False, default="", allow_blank=True, max_length=200)


class Import(Body):
    """The document of one asset; owner and parties, which it does not hold, beside it."""

    document = Object()
    owner = Text(required=False, default="", allow_blank=True, max_length=LONGEST_NAME)
    parties = _names(required=False, default=list)


class AssetQuery(Query):
    """The filters of the page of that name."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="text in name or owner")
    type = Choice(AssetType.values, required=False, allow_blank=True)
    ownership = Choice(Ownership.values, required=False, allow_blank=True)
    state = Choice(["contested", "retired"], required=False, allow_blank=True)


class Asset(Record):
    name = Text()
    asset_type = Choice(AssetType.values)
    ownership_model = Choice(Ownership.values)
    owner = Text(allow_blank=True)
    parties = serializers.ListField(child=Text())
    requires_consensus = Flag()
    fallback_allocation = Choice(Fallback.values)
    externality_pricing = Text(allow_null=True)
    usage_cap_per_user = Whole(allow_null=True)
    usage_cap_per_hour = Whole(allow_null=True)
    state = Choice(["active", "contested", "retired"])
    mediator = Text(allow_blank=True)
    created_at = Instant()
    created_by = Text()
    retired_at = Instant(allow_null=True)


class Mandate(Record):
    id = serializers.UUIDField()
    asset = Text()
    effect = Choice(MandateEffect.values)
    actions = serializers.ListField(child=Text())
    condition = Text(allow_blank=True)
    authority = Text()
    issued_at = Instant()
    issued_by = Text()
    expires_at = Instant()
    revocation_conditions = serializers.ListField(child=Text())
    state = Choice(["in_force", "expired", "revoked"])
    revoked_at = Instant(allow_null=True)
    revoked_by = Text(allow_blank=True)
    revoked_because = Text(allow_blank=True)
    met_condition = Text(allow_blank=True)


class Use(Record):
    id = serializers.UUIDField()
    asset = Text()
    used_by = Text()
    amount = Whole()
    at = Instant()


class Document(Record):
    """The asset in the form of the schema; null where nothing is set."""

    asset_id = Text()
    asset_type = Choice(AssetType.values)
    ownership_model = Choice(Ownership.values)
    sharing_rules = Object()
    governance_mandate = Object(allow_null=True, help_text="the newest that permits without a condition")
