"""Every cell of the precedence of seeds/002 6.2, asked of the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.assets.law import AssetLaw, MandateLaw
from governance.assets.rules import rules_of, theory_of, unknown
from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.rules import Theory
from governance.policy.text import parse
from governance.policy.verdict import Verdict
from governance.policy.writing import rule_text, theory_text

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
POOL = AssetLaw(name="gpu-pool", ownership="shared", parties=("clay", "memvid"))
CALENDAR = AssetLaw(name="calendar", ownership="personal", owner="clay")
ALLOWS = "may: => [P] train"
FORBIDS = "never: => [F] train (weight constitution)"


def mandate(effect: str, *actions: str, **fields: Any) -> MandateLaw:
    return MandateLaw(
        **{
            "id": "m",
            "effect": effect,
            "actions": actions or ("train",),
            "authority": "did:group:ml",
            "issued_at": AT - timedelta(days=1),
            "expires_at": AT + timedelta(days=1),
            **fields,
        }
    )


def asked(
    asset: AssetLaw, own: str, *, at: datetime = AT, action: str = "train", about: Any = None, **facts: Any
) -> Verdict:
    """The verdict for clay, whose constitution says `own`."""
    known = {
        "name": asset.name,
        "is_owner": asset.owner == "clay",
        "is_party": "clay" in (*asset.parties, asset.owner),
        "uses_this_hour": 0,
        "uses_by_user": 0,
        "amount": 1,
        **(about or {}),
    }
    rules = (*theory_of([asset], at=at).rules, *parse(own).rules)
    return decide(book_of(Theory(rules)), facts={"asset": known, **facts}, action=action, at=at)


def outcome(asset: AssetLaw, own: str, **options: Any) -> str:
    return str(asked(asset, own, **options).outcome)


@pytest.mark.parametrize(
    ("effect", "own", "expected"),
    [
        ("permits", ALLOWS, "permit"),
        ("permits", FORBIDS, "deny"),
        ("permits", "", "permit"),
        ("forbids", "mine: => [P] train (weight constitution)", "permit"),
        ("forbids", FORBIDS, "deny"),
        ("requires_approval", "free: => [P] ~approved(train) (weight constitution)\n" + ALLOWS, "permit"),
    ],
)
def test_personal__the_owners_rules_beat_any_mandate(effect: str, own: str, expected: str) -> None:
    assert outcome(replace(CALENDAR, mandates=(mandate(effect),)), own) == expected


def test_personal__where_the_owner_is_silent__the_mandate_stands() -> None:
    assert outcome(replace(CALENDAR, mandates=(mandate("forbids"),)), ALLOWS) == "deny"


@pytest.mark.parametrize("effect", ["permits", "forbids", "requires_approval"])
def test_personal__somebody_else_needs_the_owners_approval__whatever_a_mandate_says(effect: str) -> None:
    theirs = replace(CALENDAR, owner="ann", mandates=(mandate("permits"),))
    found = asked(theirs, ALLOWS)
    assert str(found.outcome) == "require_approval"
    assert {name for duty in found.obligations for name in duty.approvers} == {"ann"}
    approved = {"approved": {"train": ["ann"]}}
    assert outcome(theirs, ALLOWS, **approved) == "permit"


@pytest.mark.parametrize(
    ("effect", "own", "expected"),
    [
        ("permits", FORBIDS, "permit"),
        ("permits", "", "permit"),
        ("forbids", "mine: => [P] train (weight constitution)", "deny"),
        ("forbids", ALLOWS, "deny"),
        ("requires_approval", "free: => [P] ~approved(train) (weight constitution)\n" + ALLOWS, "require_approval"),
    ],
)
@pytest.mark.parametrize("ownership", ["shared", "delegated", "public"])
def test_shared__a_valid_mandate_beats_personal_rules(effect: str, own: str, expected: str, ownership: str) -> None:
    assert outcome(replace(POOL, ownership=ownership, mandates=(mandate(effect),)), own) == expected


@pytest.mark.parametrize("weight", ["legal", "safety", "constitutional_prohibition"])
def test_shared__no_mandate_lifts_the_law_or_what_is_above_it(weight: str) -> None:
    asset = replace(POOL, mandates=(mandate("permits"),))
    assert outcome(asset, f"law: => [F] train (weight {weight})") == "deny"


def test_shared__outside_the_mandates_actions_and_condition__personal_rules_stand() -> None:
    asset = replace(POOL, mandates=(mandate("permits", "train.*", condition="hours <= 4"),))
    own = 'never: => [F] "train.*" (weight constitution)\nno: => [F] erase (weight constitution)'
    own = own.replace('"train.*"', "train.*")
    assert outcome(asset, own, action="train.small", hours=2) == "permit"
    assert outcome(asset, own, action="train.small", hours=5) == "deny"
    assert outcome(asset, own, action="erase", hours=2) == "deny"


def test_shared__a_condition_whose_fact_is_missing__denies_and_names_it() -> None:
    found = asked(replace(POOL, mandates=(mandate("permits", condition="hours <= 4"),)), ALLOWS)
    assert str(found.outcome) == "deny" and found.missing_facts == ("hours",)


@pytest.mark.parametrize("ended", ["expired", "revoked", "not yet issued"])
@pytest.mark.parametrize("asset", [POOL, CALENDAR], ids=["shared", "personal"])
def test_mandate__expired_revoked_or_not_yet_issued__compiles_to_nothing(ended: str, asset: AssetLaw) -> None:
    fields = {
        "expired": {"expires_at": AT},
        "revoked": {"revoked_at": AT - timedelta(minutes=1)},
        "not yet issued": {"issued_at": AT + timedelta(minutes=1)},
    }[ended]
    over = replace(asset, mandates=(mandate("forbids", **fields),))
    assert rules_of(over, at=AT) == rules_of(asset, at=AT)
    assert outcome(over, ALLOWS) == "permit"


def test_mandates__that_contradict_each_other__the_newer_one_holds() -> None:
    older = mandate("permits", id="a", issued_at=AT - timedelta(days=3))
    newer = mandate("forbids", id="b", issued_at=AT - timedelta(days=2))
    assert outcome(replace(POOL, mandates=(older, newer)), ALLOWS) == "deny"
    assert (
        outcome(replace(POOL, mandates=(replace(older, issued_at=AT - timedelta(days=1)), newer)), ALLOWS) == "permit"
    )


@pytest.mark.parametrize("effect", ["permits", "forbids"])
@pytest.mark.parametrize("asset", [POOL, CALENDAR], ids=["shared", "personal"])
def test_contested__everything_needs_the_mediator__and_mandates_rest(effect: str, asset: AssetLaw) -> None:
    disputed = replace(asset, is_contested=True, mediator="ombud", mandates=(mandate(effect),))
    found = asked(disputed, ALLOWS)
    assert str(found.outcome) == "require_approval"
    assert {name for duty in found.obligations for name in duty.approvers} == {"ombud"}
    assert outcome(disputed, ALLOWS, approved={"train": ["clay"]}) == "require_approval"
    assert outcome(disputed, ALLOWS, approved={"train": ["ombud"]}) == "permit"
    free = f"{ALLOWS}\nfree: => [P] ~approved(train) (weight constitution)"
    assert outcome(disputed, free) == "require_approval", "no personal rule lifts the mediation"


def test_consensus__every_party_approves() -> None:
    asset = replace(POOL, requires_consensus=True)
    assert outcome(asset, ALLOWS) == "require_approval"
    assert outcome(asset, ALLOWS, approved={"train": ["clay"]}) == "require_approval"
    assert outcome(asset, ALLOWS, approved={"train": ["clay", "memvid"]}) == "permit"


def test_parties__somebody_outside__is_refused_unless_a_mandate_lets_them_in() -> None:
    outside = {"about": {"is_party": False}}
    assert outcome(POOL, ALLOWS, **outside) == "deny"
    assert outcome(replace(POOL, mandates=(mandate("permits"),)), ALLOWS, **outside) == "permit"
    assert outcome(replace(POOL, ownership="public"), ALLOWS, **outside) == "permit"


@pytest.mark.parametrize(
    ("caps", "facts", "expected"),
    [
        ({"cap_per_hour": 50}, {"uses_this_hour": 49}, "permit"),
        ({"cap_per_hour": 50}, {"uses_this_hour": 50}, "deny"),
        ({"cap_per_hour": 50}, {"uses_this_hour": 48, "amount": 3}, "deny"),
        ({"cap_per_user": 10}, {"uses_by_user": 10}, "deny"),
        ({"cap_per_user": 10}, {"uses_this_hour": 99}, "permit"),
        ({"cap_per_user": 0}, {}, "deny"),
    ],
)
@pytest.mark.parametrize("asset", [POOL, CALENDAR], ids=["shared", "personal"])
def test_caps__exhausted__forbid(caps: Any, facts: Any, expected: str, asset: AssetLaw) -> None:
    assert outcome(replace(asset, **caps), ALLOWS, about=facts) == expected


def test_question__about_no_asset__is_decided_as_if_there_were_none() -> None:
    assets = [replace(POOL, cap_per_hour=1, mandates=(mandate("forbids", condition="hours <= 4"),)), CALENDAR]
    rules = (*theory_of(assets, at=AT).rules, *parse(ALLOWS).rules)
    assert str(decide(book_of(Theory(rules)), facts={}, action="train", at=AT).outcome) == "permit"


def test_unknown_asset__forbids_everything() -> None:
    rules = (unknown("ghost"), *parse("may: => [P] train (weight constitution)").rules)
    found = decide(book_of(Theory(rules)), facts={"asset": {"name": "ghost"}}, action="train", at=AT)
    assert str(found.outcome) == "deny"


def test_rules__go_through_the_text_format__unharmed() -> None:
    asset = replace(
        POOL,
        requires_consensus=True,
        cap_per_user=1,
        cap_per_hour=2,
        parties=("ann@example.org", "did:example:123"),
        mandates=(mandate("permits", "train.*", condition="hours <= 4, not holiday"), mandate("forbids", id="n")),
    )
    theory = theory_of([asset, replace(CALENDAR, is_contested=True, mediator="Ombud & Co")], at=AT)
    assert parse(theory_text(theory)).rules == theory.rules
    assert all(parse(rule_text(rule)).rules == (rule,) for rule in theory.rules)
