from __future__ import annotations

from governance.rest import route
from routing.learning import api

urlpatterns = [
    *route("learning/", api.Learning, name="api-learning"),
    *route("learned_rules/", api.Proposals, name="api-learned-rules"),
    *route("learned_rules/<uuid:proposal_id>/", api.OneProposal, name="api-learned-rule"),
    *route("learned_rules/<uuid:proposal_id>/accept/", api.Accept, name="api-learned-rule-accept"),
    *route("learned_rules/<uuid:proposal_id>/refuse/", api.Refuse, name="api-learned-rule-refuse"),
    *route("learned_rules/<uuid:proposal_id>/take_back/", api.TakeBack, name="api-learned-rule-take-back"),
]
