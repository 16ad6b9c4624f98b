"""Assets and mandates as rules of the engine: the precedence of seeds/002 6.2. Pure. docs/assets.md has the table with examples.

- A personal asset: its owner's rules (700) over group mandates (600). Somebody else needs the owner's approval.
- A shared, delegated or public asset: mandates in force (750) over the constitution and preferences of whoever asks, within the
  mandate's actions and condition; the law (800) and what is above it hold. Consensus is every party's approval.
- A contested asset: mandates rest; every action needs the mediator's approval.
- Caps forbid at 750, whoever owns it. A mandate that expired or was revoked compiles to nothing.

The rules speak about `asset.…`, which TARS fills for the asset that a question names (`queries.for_decision`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from governance.assets.law import AssetLaw, MandateLaw
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import (
    Arithmetic,
    Atom,
    Compares,
    Condition,
    Fact,
    Holds,
    Literal,
    Modality,
    Variable,
)
from governance.policy.text import body

SHARED: Final = 750
"""Between the constitution and the law: what the parties of a shared asset decided binds each of them."""
PERSONAL: Final = "personal"
_ACTION: Final = Variable("X")


def theory_of(assets: Iterable[AssetLaw], *, at: datetime) -> Theory:
    """The rules of these assets as they stand at a moment. Raises `NotATheory` for a condition that cannot be read."""
    return Theory(tuple(rule for asset in assets for rule in rules_of(asset, at=at)))


def rules_of(asset: AssetLaw, *, at: datetime) -> tuple[Rule, ...]:
    """The rules of one asset."""
    mandates = () if asset.is_contested else tuple(one for one in asset.mandates if one.is_in_force(at))
    return (*_caps(asset), *_sharing(asset), *(rule for one in mandates for rule in _mandate(asset, one)))


def unknown(name: str) -> Rule:
    """What is said about an asset that is not registered, or is retired: nothing may use it."""
    return Rule(
        id=_id(name, "unknown"),
        head=_forbids("*"),
        body=(_about(name),),
        weight=SHARED,
        source=f"asset {name}: not registered",
    )


def no_amount(name: str) -> Rule:
    """What is said where the amount asked for is none: an asset is used by one unit or more."""
    return replace(unknown(name), id=_id(name, "amount"), source=f"asset {name}: uses_amount is a whole number from 1")


def _caps(asset: AssetLaw) -> Iterator[Rule]:
    caps = (
        ("hour", "asset.uses_this_hour", asset.cap_per_hour, "uses an hour"),
        ("user", "asset.uses_by_user", asset.cap_per_user, "uses a day for each user"),
    )
    for word, fact, cap, said in caps:
        if cap is not None:
            spent = Compares(">", Arithmetic("+", Fact(fact), Fact("asset.amount")), cap)
            yield _rule(asset, f"cap-{word}", _forbids("*"), (spent,), source=f"at most {cap} {said}")


def _sharing(asset: AssetLaw) -> Iterator[Rule]:
    if asset.is_contested:
        yield _rule(
            asset, "contested", _approval(asset.mediator), _any_action(), source="contested: the mediator decides"
        )
    elif asset.ownership == PERSONAL:
        others = (_holds("asset.is_owner", is_absent=True), *_any_action())
        source = f"personal: {asset.owner} decides for others"
        yield _rule(asset, "owner", _approval(asset.owner), others, weight=Precedence.CONSTITUTION, source=source)
    elif asset.requires_consensus:
        for number, party in enumerate(asset.parties or ("",), start=1):
            yield _rule(asset, f"consensus-{number}", _approval(party), _any_action(), source="sharing: consensus")
    if asset.ownership in ("shared", "delegated") and asset.parties and not asset.is_contested:
        outside = (_holds("asset.is_party", is_absent=True),)
        source = "sharing: its parties only"
        yield _rule(asset, "parties", _forbids("*"), outside, weight=Precedence.DOMAIN, source=source)


def _mandate(asset: AssetLaw, mandate: MandateLaw) -> Iterator[Rule]:
    for number, action in enumerate(mandate.actions, start=1):
        yield Rule(
            id=_id(asset.name, f"mandate-{mandate.id}-{number}"),
            head=_mandated(mandate, action),
            body=(_about(asset.name), *body(mandate.condition)),
            weight=Precedence.DOMAIN if asset.ownership == PERSONAL else SHARED,
            source=f"asset {asset.name}: mandate of {mandate.authority}",
            authority=mandate.authority,
            valid_from=mandate.issued_at,
            valid_until=mandate.expires_at,
            enacted_at=mandate.issued_at,
        )


def _mandated(mandate: MandateLaw, action: str) -> Head:
    if mandate.effect == "permits":
        return Head((Literal(Atom(action)),), Modality.PERMISSION)
    if mandate.effect == "forbids":
        return _forbids(action)
    return Head((Literal(Atom("approved", (action, mandate.authority))),), Modality.OBLIGATION)


def _rule(
    asset: AssetLaw, word: str, head: Head, conditions: tuple[Condition, ...], *, source: str, weight: int = SHARED
) -> Rule:
    return Rule(
        id=_id(asset.name, word),
        head=head,
        body=(_about(asset.name), *conditions),
        weight=weight,
        source=f"asset {asset.name}: {source}",
    )


def _id(name: str, word: str) -> str:
    return f"assets/{name}/{word}"


def _about(name: str) -> Holds:
    """A literal, not a comparison: a question that names no asset is not stuck on it."""
    return Holds(Literal(Atom("asset.name", (name,))))


def _holds(name: str, *, is_absent: bool = False) -> Holds:
    return Holds(Literal(Atom(name)), is_absent=is_absent)


def _any_action() -> tuple[Holds]:
    return (Holds(Literal(Atom("action", (_ACTION,)))),)


def _forbids(action: str) -> Head:
    return Head((Literal(Atom(action), is_negated=True),), Modality.OBLIGATION)


def _approval(by: str) -> Head:
    args = (_ACTION, by) if by else (_ACTION,)
    return Head((Literal(Atom("approved", args)),), Modality.OBLIGATION)
