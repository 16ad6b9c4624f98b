from __future__ import annotations

from governance.assets import api
from governance.rest import route

urlpatterns = [
    *route("assets/", api.Assets, name="api-assets"),
    *route("asset_documents/", api.Documents, name="api-asset-documents"),
    *route("assets/<str:asset_name>/", api.OneAsset, name="api-asset"),
    *route("assets/<str:asset_name>/document/", api.Document, name="api-asset-document"),
    *route("assets/<str:asset_name>/retire/", api.Retire, name="api-asset-retire"),
    *route("assets/<str:asset_name>/contest/", api.Contest, name="api-asset-contest"),
    *route("assets/<str:asset_name>/settle/", api.Settle, name="api-asset-settle"),
    *route("assets/<str:asset_name>/uses/", api.Uses, name="api-asset-uses"),
    *route("assets/<str:asset_name>/mandates/", api.Mandates, name="api-asset-mandates"),
    *route("mandates/<uuid:mandate_id>/", api.OneMandate, name="api-mandate"),
    *route("mandates/<uuid:mandate_id>/revoke/", api.Revoke, name="api-mandate-revoke"),
]
