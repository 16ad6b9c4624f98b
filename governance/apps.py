from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from governance.amendments import subjects, suspensions
        from governance.amendments.actions import tell
        from governance.approvals import leaving, reminders
        from governance.drift.moving import register_kinds as of_drift
        from governance.estop.actions import register_kinds as of_estop
        from governance.exports import sources
        from governance.exports.actions import finish
        from governance.exports.ledger_list import SOURCE
        from governance.identity.queries import program_managers
        from governance.jobs import handlers
        from governance.notices import of_jobs
        from governance.registry import export as systems
        from governance.tokens import impact as tokens_of_systems
        from governance.tokens import leaving as of_tokens
        from governance.webhooks import audience

        subjects.register()
        tell.register_kinds()
        reminders.register_kinds()
        of_drift()
        of_estop()
        of_jobs.register()
        leaving.register()
        of_tokens.register()
        audience.register(program_managers)
        # after the verbs: its reads and they import each other
        from governance.amendments import export as amendments
        from governance.amendments.actions import replay
        from governance.amendments.queries import as_of
        from governance.assets import impact as of_assets
        from governance.drift import export as drift_export
        from governance.drift import panel as drift_panel
        from governance.drift.queries import suspension as while_drifting
        from governance.registry import impact, panels
        from governance.rulebook import drifting
        from governance.rulebook import export as rulebook
        from governance.rulebook import panel as rulebook_panel

        impact.register("assets", of_assets.found)
        impact.register("tokens", tokens_of_systems.found)
        panels.register_beside(drift_panel.TEMPLATE, drift_panel.card)
        panels.register_beside(rulebook_panel.TEMPLATE, rulebook_panel.card)
        panels.register(as_of.TEMPLATE, as_of.approvers)
        for source in (
            SOURCE,
            systems.SOURCE,
            systems.SYSTEM,
            amendments.SOURCE,
            drift_export.SOURCE,
            *rulebook.SOURCES,
        ):
            sources.register(source)
        drifting.register()
        suspensions.register("drift", while_drifting)
        handlers.register("export", finish)
        handlers.register(replay.KIND, replay.handle)
