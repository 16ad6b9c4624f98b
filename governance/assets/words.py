"""How an asset is shared, as sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

_WHOSE = {
    "personal": "It belongs to {owner}, whose own rules beat every mandate; others need {owner}'s approval.",
    "shared": "It is shared: a mandate in force beats the rules of whoever asks, never the law.",
    "delegated": "It is delegated: a mandate in force beats the rules of whoever asks, never the law.",
    "public": "It is public: anybody may ask for it, and a mandate in force beats the rules of whoever asks.",
}
_FALLBACK = {
    "equal_shares": "equal shares",
    "priority_queue": "a priority queue",
    "auction": "an auction",
}


def sentences(
    *,
    ownership: str,
    owner: str,
    parties: tuple[str, ...],
    requires_consensus: bool,
    fallback: str,
    price: Decimal | None,
    cap_per_user: int | None,
    cap_per_hour: int | None,
    mediator: str,
) -> tuple[str, ...]:
    """The sharing rules in words; `mediator` is "" unless the asset is contested."""

    def said() -> Iterator[str]:
        if mediator:
            yield f"It is contested: every use needs the approval of {mediator}, and mandates rest until it is settled."
        yield _WHOSE[ownership].format(owner=owner)
        if parties and ownership in ("shared", "delegated"):
            yield f"Its parties are {', '.join(parties)}; somebody else needs a mandate that permits it."
        if requires_consensus and ownership != "personal":
            yield "Every use needs the approval of every party." if parties else "Every use needs an approval."
        if cap_per_hour is not None:
            yield f"At most {cap_per_hour} in any 60 minutes, by everybody together."
        if cap_per_user is not None:
            yield f"At most {cap_per_user} in any 24 hours by each user."
        if cap_per_hour is None and cap_per_user is None:
            yield "No cap on its use."
        yield f"Where nothing else decides who gets it, it goes by {_FALLBACK[fallback]}."
        if price is not None:
            yield f"Each unit costs others {price.normalize():f}."

    return tuple(said())
