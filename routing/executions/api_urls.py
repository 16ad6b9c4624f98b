from __future__ import annotations

from governance.rest import route
from routing.executions import api, figures_api, verbs_api

_ONE = "executions/<uuid:execution_id>/"
urlpatterns = [
    *route("executions/", api.Executions, name="api-executions"),
    *route("executions/figures/", figures_api.Figures, name="api-execution-figures"),
    *route(_ONE, api.OneExecution, name="api-execution"),
    *route(f"{_ONE}steps/", api.Steps, name="api-execution-steps"),
    *route(f"{_ONE}hops/", api.Hops, name="api-execution-hops"),
    *route(f"{_ONE}receipt/", api.Receipt, name="api-execution-receipt"),
    *route(f"{_ONE}approve/", verbs_api.Approve, name="api-execution-approve"),
    *route(f"{_ONE}reject/", verbs_api.Reject, name="api-execution-reject"),
    *route(f"{_ONE}ask_again/", verbs_api.AskAgain, name="api-execution-ask-again"),
    *route(f"{_ONE}cancel/", verbs_api.Cancel, name="api-execution-cancel"),
    *route(f"{_ONE}rate/", verbs_api.Rate, name="api-execution-rate"),
    *route(f"{_ONE}correct/", verbs_api.Correct, name="api-execution-correct"),
    *route(f"{_ONE}dispute/", verbs_api.Dispute, name="api-execution-dispute"),
]
