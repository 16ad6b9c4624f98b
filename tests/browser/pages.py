"""Every page of the product: who looks at it, where it is, and which link leads to it when its address holds an id.

`tests/flows/test_pages.py` compares this list with the addresses, so that no page is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

OFFICER = "compliance-officer@oms.com"
OPERATOR = "preston@oms.com"
ADMIN = "admin@oms.com"
AUDITOR = "auditor@oms.com"
STAFF = "staff@tars.local"
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Page:
    """`route` is the URL name; `follow` are patterns of the links in the main part that are opened one after another."""

    name: str
    route: str
    path: str
    follow: tuple[str, ...] = ()
    who: str = OFFICER
    status: int = 200


CLAY = "/systems/clay-consigliere"
RETURNED = "/amendments/?state=changes_requested"
AMENDMENT, PERSON = r"/amendments/AMD-\d+/$", r"/people/[0-9a-f-]{36}/$"
NIGHT = r"/dreams/nights/[^/]+/$"
EXECUTION = r"/executions/[0-9a-f-]{36}/$"
PAGES = (
    Page("overview", "overview:home", "/"),
    Page("overview-member", "overview:home", "/", who="katie@oms.com"),
    Page("applied", "overview:applied", "/applied/"),
    Page("figures", "overview:figures", "/figures/"),
    Page("figures-none", "overview:figures", "/figures/?days=1&system=law"),
    Page("inbox", "inbox:list", "/inbox/"),
    Page("inbox-team", "inbox:list", "/inbox/?tab=team"),
    Page("inbox-decided", "inbox:list", "/inbox/?tab=decided"),
    Page("inbox-snoozed", "inbox:list", "/inbox/?tab=snoozed"),
    Page("inbox-preview", "inbox:list", "/inbox/?tab=team&open=AMD-81"),
    Page("inbox-together", "inbox:together", "/inbox/together/?n=AMD-84&n=AMD-85&n=AMD-79"),
    Page("amendments", "amendments:list", "/amendments/"),
    Page("amendments-none", "amendments:list", "/amendments/?q=nothing-is-called-so"),
    Page("propose", "amendments:propose", "/amendments/propose/?system=clay-consigliere", who=OPERATOR),
    Page("propose-choose", "amendments:propose", "/amendments/propose/", who=OPERATOR),
    Page("authority", "amendments:authority", "/amendments/authority/"),
    *(
        Page(f"amendment-{state}", "amendments:detail", f"/amendments/?state={state}", (AMENDMENT,))
        for state in ("proposed", "scheduled", "applied", "rolled_back", "changes_requested", "rejected")
    ),
    Page("amendment-as-decided", "amendments:decision", RETURNED, (AMENDMENT, r"/decisions/[0-9a-f-]{36}/$")),
    Page("revise", "amendments:revise", RETURNED, (AMENDMENT, r"/AMD-\d+/revise/$"), who=OPERATOR),
    Page("roll-back", "amendments:roll_back", "/amendments/AMD-74/roll-back/", who=OPERATOR),
    Page("missing", "amendments:detail", "/amendments/AMD-999999/", status=404),
    Page("systems", "systems:list", "/systems/"),
    Page("register", "systems:register", "/systems/register/", who=OPERATOR),
    Page("system", "systems:detail", f"{CLAY}/"),
    Page("system-versions", "systems:versions", f"{CLAY}/versions/"),
    Page("system-blame", "systems:blame", f"{CLAY}/blame/"),
    Page("system-compare", "systems:compare", f"{CLAY}/compare/?from=1&to=4"),
    Page("system-time-machine", "systems:time-machine", f"{CLAY}/time-machine/"),
    Page("system-dependencies", "systems:dependencies", f"{CLAY}/dependencies/"),
    Page("system-health", "systems:health", f"{CLAY}/health/"),
    Page("system-status", "systems:status", "/systems/domicile-governance/status/", who=OPERATOR),
    Page("connectors", "connectors:list", "/connectors/"),
    Page("connectors-none", "connectors:list", "/connectors/?q=nothing-is-called-so"),
    Page("connector", "connectors:detail", "/connectors/domicile-governance/"),
    Page("connector-configure", "connectors:configure", "/connectors/domicile-governance/configure/", who=OPERATOR),
    Page("tool-calls", "telemetry:calls", "/telemetry/?range=30d"),
    Page("tool-calls-none", "telemetry:calls", "/telemetry/?tool=nothing-is-called-so"),
    Page("tool-call", "telemetry:call", "/telemetry/?range=30d", (r"/telemetry/[0-9a-f-]{36}/$",)),
    Page("tools", "telemetry:tools", "/telemetry/tools/?range=30d"),
    Page("assets", "assets:list", "/assets/"),
    Page("assets-none", "assets:list", "/assets/?q=nothing-is-called-so"),
    Page("asset", "assets:detail", "/assets/gpu-pool/", who=OPERATOR),
    Page("asset-register", "assets:register", "/assets/register/", who=OPERATOR),
    Page("asset-change", "assets:change", "/assets/gpu-pool/change/", who=OPERATOR),
    Page("mandate-revoke", "assets:revoke", "/assets/gpu-pool/", (r"/revoke/$",), who=OPERATOR),
    Page("e-stop", "estop:page", "/estop/"),
    Page("rules", "rulebook:rules", "/rulebook/"),
    Page("rules-of-one", "rulebook:rules", "/rulebook/?system=clay-consigliere"),
    Page("rule", "rulebook:rule", "/rulebook/?system=clay-consigliere", (r"/rulebook/rule/",)),
    Page("try", "rulebook:try", "/rulebook/try/"),
    Page(
        "try-denied", "rulebook:try", "/rulebook/try/?system=clay-consigliere&action=wire_money&name=amount&value=900"
    ),
    Page("cases", "rulebook:cases", "/rulebook/cases/"),
    Page("case", "rulebook:case", "/rulebook/cases/", (r"/cases/[0-9a-f-]{36}/$",)),
    Page("coverage", "rulebook:coverage", "/rulebook/coverage/"),
    Page("verdicts", "rulebook:verdicts", "/rulebook/verdicts/"),
    Page("verdict", "rulebook:verdict", "/rulebook/verdicts/", (r"/verdicts/[0-9a-f-]{36}/$",)),
    Page("replay", "amendments:replay", "/amendments/AMD-80/replay/"),
    Page("sessions", "sessions:list", "/sessions/"),
    Page("session", "sessions:detail", "/sessions/workflow-session-1/", who=OPERATOR),
    Page("law", "lawbook:law", "/rulebook/law/"),
    Page("import", "lawbook:import", "/rulebook/import/", who=OPERATOR),
    Page("ask", "ask:page", "/ask/?text=Audit+payroll+compliance"),
    Page("executions", "executions:list", "/executions/"),
    Page("executions-none", "executions:list", "/executions/?q=nothing-is-called-so"),
    Page("executions-member", "executions:list", "/executions/", who="katie@oms.com"),
    Page("execution", "executions:detail", "/executions/?state=success", (EXECUTION,)),
    Page("execution-waiting", "executions:detail", "/executions/?state=awaiting_approval", (EXECUTION,), who=OPERATOR),
    Page("routing", "routing:list", "/routing/"),
    Page("routing-none", "routing:list", "/routing/?q=nothing-is-called-so"),
    Page("routing-rule", "routing:detail", "/routing/", (r"/routing/[0-9a-f-]{36}/$",)),
    Page("routing-edit", "routing:edit", "/routing/", (r"/routing/[0-9a-f-]{36}/$", r"/edit/$"), who=OPERATOR),
    Page("learned", "learning:list", "/routing/learned/", who=OPERATOR),
    Page("learned-rule", "learning:detail", "/routing/learned/", (r"/routing/learned/[0-9a-f-]{36}/$",), who=OPERATOR),
    Page("learned-settings", "learning:settings", "/routing/learned/settings/", who=OPERATOR),
    Page("routing-write", "routing:write", "/routing/write/", who=OPERATOR),
    Page("what-if", "whatif:list", "/what-if/", who=OPERATOR),
    Page("what-if-result", "whatif:detail", "/what-if/", (r"/what-if/[0-9a-f-]{36}/$",), who=OPERATOR),
    Page("guardrails", "guardrails:list", "/guardrails/", who=OPERATOR),
    Page("guardrails-none", "guardrails:list", "/guardrails/?state=kept"),
    Page("guardrails-settings", "guardrails:settings", "/guardrails/settings/"),
    Page("watched", "amendments:detail", "/guardrails/", (r"/amendments/AMD-[0-9]+/",), who=OPERATOR),
    Page("dream-plan", "dreams:plan", "/dreams/plan/?system=notion", who=OPERATOR),
    Page("dream-plan-choose", "dreams:plan", "/dreams/plan/"),
    Page("dream-ask", "dreams:ask", "/dreams/ask/?system=clay-consigliere", who=OPERATOR),
    Page("dream-barred", "dreams:barred", "/dreams/barred/"),
    Page("dream-settings", "dreams:settings", "/dreams/settings/", who=OPERATOR),
    Page("dream-settings-read", "dreams:settings", "/dreams/settings/", who=AUDITOR),
    Page("dream-aim", "dreams:aim", "/dreams/settings/clay-consigliere/", who=OPERATOR),
    Page("dream-bounds", "dreams:bounds", "/dreams/bounds/personaplex-7b/", who=OPERATOR),
    Page("dream-calendar", "dreams:calendar", "/dreams/calendar/"),
    Page("dream-regression", "dreams:regression", "/dreams/regression/oms-concierge/", who=OPERATOR),
    Page("dreams", "dreams:list", "/dreams/"),
    Page("night", "dreams:night", "/dreams/?system=oms-concierge", (NIGHT,), who=OPERATOR),
    Page("dream", "dreams:dream", "/dreams/?system=oms-concierge", (NIGHT, r"/dreams/nights/[^/]+/1/$"), who=OPERATOR),
    Page("dream-same", "dreams:dream", "/dreams/", (NIGHT, r"/dreams/nights/[^/]+/0/$"), who=AUDITOR),
    Page("dream-compare", "dreams:compare", "/dreams/?system=oms-concierge", (NIGHT, r"/compare/$"), who=OPERATOR),
    Page("dreams-none", "dreams:list", "/dreams/?to=2000-01-01"),
    Page("dreams-rates", "dreams:rates", "/dreams/rates/"),
    Page("archives", "lifecycle:page", "/archives/", who=ADMIN),
    Page("archives-prune", "lifecycle:prune", "/archives/prune/"),
    Page("archives-retention", "lifecycle:retention", "/archives/retention/?years=10"),
    Page("drift-systems", "drift:list", "/drift/"),
    Page("drift", "drift:page", "/drift/clay-consigliere/", who=OPERATOR),
    Page("scenarios", "elicitation:list", "/drift/scenarios/", who=OPERATOR),
    Page("scenarios-none", "elicitation:list", "/drift/scenarios/?q=unicorn"),
    Page("scenario", "elicitation:item", "/drift/scenarios/scenario/asks/", who=OPERATOR),
    Page("scenario-new", "elicitation:new", "/drift/scenarios/new/scenario/", who=OPERATOR),
    Page("pair", "elicitation:item", "/drift/scenarios/pair/asking-before-around/"),
    Page("elicitations", "elicitation:runs", "/drift/scenarios/runs/"),
    Page("elicitation", "elicitation:run", "/drift/scenarios/runs/", (r"/drift/scenarios/runs/[0-9a-f-]+/",)),
    Page("notices", "notices:list", "/notices/"),
    Page("notice-preferences", "notices:preferences", "/notices/preferences/"),
    Page("outbox", "notices:outbox", "/notices/outbox/", who=ADMIN),
    Page("mail", "notices:mail", "/notices/outbox/", (r"/notices/outbox/[0-9a-f-]{36}/$",), who=ADMIN),
    Page("ledger", "ledger:list", "/ledger/", who=AUDITOR),
    Page("ledger-filtered", "ledger:list", "/ledger/?outcome=refused", who=AUDITOR),
    Page("ledger-entry", "ledger:entry", "/ledger/300/", who=AUDITOR),
    Page("ledger-how", "ledger:how", "/ledger/how-to-verify/", who=AUDITOR),
    Page("exports", "exports:list", "/exports/", who=AUDITOR),
    Page("searches", "searches:list", "/searches/"),
    Page("search-save", "searches:save", "/searches/save/?page=ledger:list&query=outcome%3Drefused", who=AUDITOR),
    Page("tokens", "tokens:list", "/tokens/", who=OPERATOR),
    Page("jobs", "jobs:list", "/jobs/", who=ADMIN),
    Page("jobs-worker", "jobs:worker", "/jobs/worker/", who=ADMIN),
    Page("people", "people:list", "/people/", who=ADMIN),
    Page("person", "people:person", "/people/", (PERSON,), who=ADMIN),
    Page("person-end", "people:end", "/people/", (PERSON, r"/people/[0-9a-f-]{36}/end/$"), who=ADMIN),
    Page("webhooks", "webhooks:list", "/webhooks/", who=ADMIN),
    Page("webhook-add", "webhooks:add", "/webhooks/add/", who=ADMIN),
    Page("platform", "platform:list", "/platform/tenants/", who=STAFF),
    Page("platform-budgets", "platform:budgets", "/platform/budgets/", who=STAFF),
    Page("platform-open", "platform:open", "/platform/tenants/open/", who=STAFF),
    Page(
        "platform-tenant", "platform:tenant", "/platform/tenants/", (r"/platform/tenants/[0-9a-f-]{36}/$",), who=STAFF
    ),
    Page("budgets", "budgets:list", "/budgets/", who=ADMIN),
    Page("budget", "budgets:budget", "/budgets/", (r"/budgets/[0-9a-f-]{36}/$",), who=OPERATOR),
    Page("budgets-systems", "budgets:systems", "/budgets/systems/"),
    Page("budgets-system", "budgets:system", "/budgets/systems/clay-consigliere/", who=OPERATOR),
    Page("holds", "budgets:holds", "/budgets/holds/?state=", who=ADMIN),
    Page("hold", "budgets:hold", "/budgets/holds/?state=", (r"/budgets/holds/[0-9a-f-]{36}/$",), who=ADMIN),
    Page("top-ups", "budgets:top_ups", "/budgets/top-ups/"),
    Page("plans", "budgets:plans", "/budgets/plans/", who=ADMIN),
    Page("plan-set", "budgets:set_plan", "/budgets/plans/set/", who=ADMIN),
    Page("prices", "budgets:prices", "/budgets/prices/", who=ADMIN),
    Page("health", "health:page", "/health/", who=ADMIN),
    Page("guide", "guide:path", "/guide/"),
    Page("help", "help:index", "/help/"),
    Page("help-article", "help:article", "/help/", (r"/help/[a-z-]+/$",)),
    Page("demo-remove", "demo:remove", "/demo/remove/", who=ADMIN),
    Page("api", "api", "/api/"),
    Page("account", "account:index", "/accounts/"),
    Page("password", "account_change_password", "/accounts/password/change/"),
    Page("one-time-codes", "mfa_activate_totp", "/accounts/2fa/totp/activate/"),
    Page("passkeys", "mfa_list_webauthn", "/accounts/2fa/webauthn/"),
    Page("devices", "usersessions_list", "/accounts/sessions/"),
    Page("sign-in", "account_login", "/accounts/login/", who=NOBODY),
    Page("reset", "account_reset_password", "/accounts/password/reset/", who=NOBODY),
    Page("invitation-unknown", "invitation", "/invitations/no-such-secret/", who=NOBODY, status=404),
    Page("data-fixes", "admin:index", "/admin/", who=ADMIN),
    Page("data-fixes-list", "admin:governance_system_changelist", "/admin/governance/system/", who=ADMIN),
    Page(
        "data-fixes-change",
        "admin:governance_system_change",
        "/admin/governance/system/",
        (r"/admin/governance/system/[0-9a-f-]{36}/change/",),
        who=ADMIN,
    ),
)
