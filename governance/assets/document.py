"""An asset as the JSON document of seeds/002 6.2, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from governance.errors import Invalid

KEYS: Final = ("asset_id", "asset_type", "ownership_model", "sharing_rules", "governance_mandate")
SHARING_KEYS: Final = ("requires_consensus", "fallback_allocation", "externality_pricing", "usage_caps")
CAP_KEYS: Final = ("per_user", "per_hour")
MANDATE_KEYS: Final = ("scope", "authority", "expiry", "revocation_conditions")
PRICE_DIGITS: Final = (12, 6)


class BadDocument(Invalid):
    """The document is not one of an asset; `problems` says where."""

    code = "bad_asset_document"


@dataclass(frozen=True, slots=True)
class MandateDocument:
    """`governance_mandate`: it permits the actions of its scope."""

    actions: tuple[str, ...]
    authority: str
    expires_at: datetime
    revocation_conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssetDocument:
    """The members of the document under our names."""

    name: str
    asset_type: str
    ownership_model: str
    requires_consensus: bool
    fallback_allocation: str
    externality_pricing: Decimal | None
    usage_cap_per_user: int | None
    usage_cap_per_hour: int | None
    mandate: MandateDocument | None


def written(document: AssetDocument) -> dict[str, Any]:
    """The document as JSON, with exactly the keys of the schema; what is not set is null."""
    mandate = document.mandate
    return {
        "asset_id": document.name,
        "asset_type": document.asset_type,
        "ownership_model": document.ownership_model,
        "sharing_rules": {
            "requires_consensus": document.requires_consensus,
            "fallback_allocation": document.fallback_allocation,
            "externality_pricing": _price_text(document.externality_pricing),
            "usage_caps": {"per_user": document.usage_cap_per_user, "per_hour": document.usage_cap_per_hour},
        },
        "governance_mandate": {
            "scope": ", ".join(mandate.actions),
            "authority": mandate.authority,
            "expiry": f"{mandate.expires_at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "revocation_conditions": list(mandate.revocation_conditions),
        }
        if mandate
        else None,
    }


def read(data: Any) -> AssetDocument:
    """The document that this JSON is; null or absent members are as nothing was said. Raises `BadDocument` with every fault."""
    reader = _Reader()
    whole = reader.members(data, "", KEYS)
    sharing = reader.members(whole.get("sharing_rules"), "/sharing_rules", SHARING_KEYS)
    caps = reader.members(sharing.get("usage_caps"), "/sharing_rules/usage_caps", CAP_KEYS)
    found = AssetDocument(
        name=reader.text(whole, "asset_id", ""),
        asset_type=reader.text(whole, "asset_type", ""),
        ownership_model=reader.text(whole, "ownership_model", ""),
        requires_consensus=reader.flag(sharing, "requires_consensus", "/sharing_rules"),
        fallback_allocation=reader.text(sharing, "fallback_allocation", "/sharing_rules", "equal_shares"),
        externality_pricing=reader.price(sharing, "externality_pricing", "/sharing_rules"),
        usage_cap_per_user=reader.cap(caps, "per_user"),
        usage_cap_per_hour=reader.cap(caps, "per_hour"),
        mandate=reader.mandate(whole.get("governance_mandate")),
    )
    if reader.problems:
        raise BadDocument("This is no document of an asset; every fault is listed.", problems=tuple(reader.problems))
    return found


class _Reader:
    """Reads members and notes what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def members(self, data: Any, pointer: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        if data is None and pointer:
            return {}
        if not isinstance(data, dict):
            self.problems.append((pointer, "must be an object"))
            return {}
        self.problems += [(f"{pointer}/{key}", "is not a known member") for key in sorted(set(data) - set(known))]
        return data

    def text(self, data: Mapping[str, Any], key: str, pointer: str, default: str | None = None) -> str:
        value = data.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.problems.append((f"{pointer}/{key}", "must be text"))
            return ""
        return value.strip()

    def flag(self, data: Mapping[str, Any], key: str, pointer: str) -> bool:
        value = data.get(key)
        if value is not None and not isinstance(value, bool):
            self.problems.append((f"{pointer}/{key}", "must be true or false"))
        return value is True

    def cap(self, data: Mapping[str, Any], key: str) -> int | None:
        value = data.get(key)
        if value is not None and (type(value) is not int or not 0 <= value < 2**31):
            self.problems.append((f"/sharing_rules/usage_caps/{key}", "must be a whole number, or null for no cap"))
            return None
        return value

    def price(self, data: Mapping[str, Any], key: str, pointer: str) -> Decimal | None:
        value = data.get(key)
        if value is None:
            return None
        try:
            price = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            price = None
        if price is None or not price.is_finite() or price < 0 or not _fits(price):
            self.problems.append((f"{pointer}/{key}", "must be a price for each unit, as text such as 0.25"))
            return None
        return price

    def mandate(self, data: Any) -> MandateDocument | None:
        if data is None:
            return None
        pointer = "/governance_mandate"
        found = self.members(data, pointer, MANDATE_KEYS)
        scope = self.text(found, "scope", pointer)
        conditions = found.get("revocation_conditions") or []
        if not isinstance(conditions, list) or not all(isinstance(one, str) for one in conditions):
            self.problems.append((f"{pointer}/revocation_conditions", "must be a list of texts"))
            conditions = []
        return MandateDocument(
            actions=tuple(one.strip() for one in scope.split(",") if one.strip()),
            authority=self.text(found, "authority", pointer),
            expires_at=self.moment(found, "expiry", pointer),
            revocation_conditions=tuple(conditions),
        )

    def moment(self, data: Mapping[str, Any], key: str, pointer: str) -> datetime:
        value = data.get(key)
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.problems.append((f"{pointer}/{key}", "must be a time with an offset, such as 2026-12-01T09:00:00Z"))
            return datetime.max
        return found


def _fits(price: Decimal) -> bool:
    whole, places = PRICE_DIGITS
    return price < 10**whole and price == round(price, places)


def _price_text(price: Decimal | None) -> str | None:
    return None if price is None else f"{price.normalize():f}"
