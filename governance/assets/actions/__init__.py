"""The verbs of assets, their mandates and their uses, with their refusals."""

from governance.assets.actions.common import AssetExists, BadAsset, Retired
from governance.assets.actions.contest import AlreadySettled, mark_contested, settle
from governance.assets.actions.mandates import AlreadyRevoked, BadMandate, issue_mandate, revoke_mandate
from governance.assets.actions.register import change_asset, import_asset, register_asset, retire_asset
from governance.assets.actions.uses import CapReached, record_use

__all__ = [
    "AlreadyRevoked",
    "AlreadySettled",
    "AssetExists",
    "BadAsset",
    "BadMandate",
    "CapReached",
    "Retired",
    "change_asset",
    "import_asset",
    "issue_mandate",
    "mark_contested",
    "record_use",
    "register_asset",
    "retire_asset",
    "revoke_mandate",
    "settle",
]
