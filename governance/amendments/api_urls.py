from __future__ import annotations

from governance.amendments import actions, api, authority_api, replay_api, talk_api
from governance.rest import route

_ONE = "amendments/AMD-<int:number>/"

urlpatterns = [
    *route("authority/", authority_api.Authority, name="api-authority"),
    *route("authority/grants/", authority_api.Grants, name="api-grants"),
    *route("authority/grants/<uuid:authority_id>/revoke/", authority_api.RevokeGrant, name="api-revoke_grant"),
    *route("authority/quorums/", authority_api.Quorums, name="api-quorums"),
    *route("authority/quorums/<uuid:quorum_id>/", authority_api.OneQuorum, name="api-quorum"),
    *route("amendments/", api.Amendments, name="api-amendments"),
    *route(_ONE, api.OneAmendment, name="api-amendment"),
    *route(f"{_ONE}revise/", api.Revise, name="api-revise"),
    *route(f"{_ONE}roll_back/", api.RollBack, name="api-roll_back"),
    *route(f"{_ONE}approve/", api.Approve, name="api-approve", run=actions.approve),
    *route(f"{_ONE}break_glass/", api.BreakGlass, name="api-break_glass", run=actions.break_glass),
    *route(f"{_ONE}nudge/", api.Nudge, name="api-nudge"),
    *route(f"{_ONE}reject/", api.Answer, name="api-reject", run=actions.reject),
    *route(f"{_ONE}request_changes/", api.RequestChanges, name="api-request_changes", run=actions.request_changes),
    *route(
        f"{_ONE}approve_roll_back/",
        api.Answer,
        name="api-approve_roll_back",
        run=actions.approve_roll_back,
        near="second",
    ),
    *route(f"{_ONE}comments/", talk_api.Comments, name="api-comments"),
    *route(
        f"{_ONE}comments/<uuid:comment_id>/resolve/",
        talk_api.Settle,
        name="api-resolve_comment",
        run=actions.resolve_comment,
    ),
    *route(
        f"{_ONE}comments/<uuid:comment_id>/reopen/",
        talk_api.Settle,
        name="api-reopen_comment",
        run=actions.reopen_comment,
    ),
    *route(f"{_ONE}ticks/", talk_api.Ticks, name="api-ticks"),
    *route(f"{_ONE}replay/", replay_api.Replay, name="api-replay"),
    *route(f"{_ONE}cases/", replay_api.Cases, name="api-amendment_cases"),
    *route(f"{_ONE}look/", talk_api.Looks, name="api-look"),
    *route(f"{_ONE}decisions/", talk_api.Decisions, name="api-decisions"),
    *route(f"{_ONE}decisions/<uuid:decision_id>/", talk_api.OneDecision, name="api-decision"),
    *route(f"{_ONE}withdraw/", api.Withdraw, name="api-withdraw", run=actions.withdraw),
    *route(f"{_ONE}send/", api.Simple, name="api-send", run=actions.send),
    *route(f"{_ONE}rebase/", api.Simple, name="api-rebase", run=actions.rebase),
    *route(f"{_ONE}withdraw_roll_back/", api.Simple, name="api-withdraw_roll_back", run=actions.withdraw_roll_back),
]
